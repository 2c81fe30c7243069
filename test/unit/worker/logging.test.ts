import { stripVTControlCharacters } from 'node:util';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createLogger, temporalLogger } from '../../../src/worker/logging.js';
import { redaction } from '../../../src/worker/redaction.js';
import { prettyLine } from '../../../src/worker/pretty-lines.js';
import { hostileTexts } from '../../support/hostile-texts.js';

type Use = (log: ReturnType<typeof temporalLogger>) => void;

/** What stands in a log, to the byte. */
function written(use: Use, level = 'info'): string {
  let text = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  use(temporalLogger(createLogger({ level, destination })));
  return text;
}

function logged(use: Use, level?: string): Record<string, unknown>[] {
  const lines = written(use, level)
    .split('\n')
    .filter((line) => line !== '');
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

const controlsIn = (text: string): string[] => text.match(/[\p{Cc}\u2028\u2029\u202E]/gu) ?? [];

/** A line of a log for people, with this text in every place of its own. */
const prettyWith = (text: string): string =>
  prettyLine(written((log) => log.warn(text, { reason: text, list: [text], [text]: 1 })).trimEnd());

describe.each([
  ...hostileTexts,
  'gone\u001B[2J\u001B[1;1H\u001B]0;owned\u0007',
  'updated\r03:04:05 INFO  all is well\n03:04:05 INFO  all is well',
  '\u009B31m\u0085red\u2028next\u2029\u007F\u0000',
])('what somebody else says: %j', (said) => {
  test('is, in a message or a field of a log, one line of JSON, and that text again when it is read', () => {
    const json = written((log) => log.warn(said, { reason: said, error: new Error(said) }));
    expect(json.match(/[\r\n]/g)).toEqual(['\n']);
    expect(json).not.toContain('\u001B');
    expect(JSON.parse(json)).toMatchObject({ msg: said, reason: said, err: { message: said } });
  });

  test('is, in a message or a field of a line for people, no line of its own and nothing that steers a terminal', () => {
    // The colours are ours.
    expect(controlsIn(prettyWith(said))).toEqual(controlsIn(prettyWith('harmless')));
  });

  test('is, in an error of a line for people, below it and indented, and nothing that steers a terminal', () => {
    const json = written((log) => log.warn('failed', { error: new Error(said) }));
    const [line = '', ...stack] = prettyLine(json.trimEnd()).split('\n');
    expect(stripVTControlCharacters(line)).toMatch(/ WARN {2}failed/);
    expect(stack.length).toBeGreaterThan(said.split('\n').length);
    expect(stack.filter((one) => !one.startsWith('  '))).toEqual([]);
    expect(stack.flatMap(controlsIn)).toEqual([]);
  });

  test('is one plain line where it is no JSON', () => {
    expect(controlsIn(prettyLine(said))).toEqual([]);
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
