import { stripVTControlCharacters } from 'node:util';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createLogger, temporalLogger } from '../../../src/worker/logging.js';
import { redaction } from '../../../src/worker/redaction.js';
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

  test('names cluster and instance, of a workflow and of an activity alike', () => {
    const workflowId = 'ecs-updater/prod/i-0abc';
    const [line] = logged((log) => log.info('begins draining', { workflowId }));
    expect(line).toMatchObject({ workflowId, cluster: 'prod', instance: 'i-0abc' });
    const [other] = logged((log) => log.info('started', { workflowId: 'a-workflow-of-others' }));
    expect(other).not.toHaveProperty('cluster');
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

describe('a log', () => {
  const env = {
    TEMPORAL_API_KEY: 'tmprl-0123456789',
    OPS_WEBHOOK: 'https://ops.example/notify/"quoted"/abc',
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG',
    AWS_ACCESS_KEY_ID: 'AKIAWORKER',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/secrets/token',
  };
  const redacted = redaction(['from-a-profile'], env);

  test('has no secret of the environment or of a profile, and is JSON all the same', () => {
    const line = JSON.stringify({
      msg: `refused ${env.TEMPORAL_API_KEY}, from-a-profile`,
      err: { stack: `posting to ${env.OPS_WEBHOOK}\n with ${env.AWS_SECRET_ACCESS_KEY}` },
      token: env.AWS_WEB_IDENTITY_TOKEN_FILE,
      principal: env.AWS_ACCESS_KEY_ID,
    });
    expect(JSON.parse(redacted(line))).toEqual({
      msg: 'refused …, …',
      err: { stack: 'posting to …\n with …' },
      token: env.AWS_WEB_IDENTITY_TOKEN_FILE,
      principal: env.AWS_ACCESS_KEY_ID,
    });
  });

  test.each([
    ['a header', 'x-amz-security-token: IQoJb3JpZ2luX2VjE and more'],
    [
      'a signature',
      'Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/x, Signature=IQoJb3JpZ2luX2VjE',
    ],
    ['a bearer', 'authorization: Bearer IQoJb3JpZ2luX2VjE'],
    ['an object', JSON.stringify({ headers: { authorization: 'Bearer IQoJb3JpZ2luX2VjE' } })],
    ['an object in a text', `sent ${JSON.stringify({ apiKey: 'IQoJb3JpZ2luX2VjE' })}`],
    ['an address', 'traces are sent to https://me:IQoJb3JpZ2luX2VjE@otel.example/v1'],
    ['a webhook of Slack', 'POST https://hooks.slack.com/services/T00/B00/IQoJb3JpZ2luX2VjE failed'],
  ])('has no secret that it does not know, as in %s', (_, text) => {
    const line = redacted(JSON.stringify({ msg: text, headers: { cookie: 1 } }));
    expect(line).not.toMatch(/IQoJ|IOSFODNN/);
    expect(JSON.parse(line)).toHaveProperty(['headers', 'cookie'], 1);
  });

  test('keeps what only looks like one', () => {
    const line = JSON.stringify({
      msg: 'arn:aws:ecs:eu-central-1:123456789012:container-instance/prod/0123456789abcdef0123456789abcdef',
      remedy: 'Check the credentials of the worker.',
    });
    expect(redacted(line)).toBe(line);
  });
});
