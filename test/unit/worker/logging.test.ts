import { stripVTControlCharacters } from 'node:util';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createLogger, temporalLogger } from '../../../src/worker/logging.js';
import { prettyLine } from '../../../src/worker/pretty-lines.js';

function logged(
  use: (log: ReturnType<typeof temporalLogger>) => void,
  level = 'info',
): Record<string, unknown>[] {
  let text = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  use(temporalLogger(createLogger({ level, destination })));
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line): Record<string, unknown> => JSON.parse(line));
}

describe("what Temporal's SDK logs", () => {
  test('is one JSON object a line, with level, time and fields', () => {
    const [line] = logged((log) =>
      log.warn('Activity failed', { workflowId: 'ecs-updater/prod', attempt: 2 }),
    );
    expect(line).toMatchObject({
      level: 'warn',
      name: 'ecs-updater',
      msg: 'Activity failed',
      workflowId: 'ecs-updater/prod',
      attempt: 2,
    });
    expect(line?.['time']).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  test('has no task token, and its error with type, message and stack', () => {
    const error = new TypeError('no such instance');
    const [line] = logged((log) =>
      log.log('ERROR', 'Activity failed', { taskToken: 'x'.repeat(500), error }),
    );
    expect(line).not.toHaveProperty('taskToken');
    expect(line?.['err']).toMatchObject({ type: 'TypeError', message: 'no such instance' });
  });

  test('bears numbers that JSON does not know', () => {
    const [line] = logged((log) => log.info('core', { timestampNanos: 1n }));
    expect(line).toMatchObject({ timestampNanos: '1' });
  });

  test('is left out below the level', () => {
    expect(logged((log) => log.debug('detail'))).toEqual([]);
    expect(logged((log) => log.trace('detail'), 'trace')).toHaveLength(1);
  });
});

describe('a log line for people', () => {
  test('has time, level, message and the fields that tell lines apart', () => {
    const line = prettyLine(
      '{"level":"info","time":"2026-01-02T03:04:05.678Z","name":"ecs-updater","workflowId":"w","msg":"hello"}',
    );
    expect(stripVTControlCharacters(line)).toBe('03:04:05 INFO  hello workflowId=w');
  });

  test('stays as it is when it is not JSON', () => {
    expect(prettyLine('plain words')).toBe('plain words');
  });
});
