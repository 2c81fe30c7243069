import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ApplyOutput,
  type CheckOutput,
  checkResultOf,
  excerpt,
  hostProbeOf,
  hostStatusOf,
  lastWords,
  parseApplyOutput,
  parseCheckOutput,
  updateLockOf,
} from '../../../activities/host-output.js';
import { keptStdout, pluginOutput } from '../../../src/simulator/ssm/commands/output.js';

const number = fc.nat(99);
const version = fc.tuple(number, number, number).map((parts) => parts.join('.'));
const image = fc.record({ arch: fc.constant('x86_64'), variant: fc.constant('aws-ecs-2'), version });
const partition = fc.option(fc.record({ image, next_to_boot: fc.boolean() }));
const now = 1_800_000_000;

const status = fc.record({
  active_partition: partition,
  staging_partition: partition,
  available_updates: fc.array(version),
  chosen_update: fc.option(image),
  most_recent_command: fc.option(
    fc.record({
      cmd_type: fc.constantFrom('refresh', 'prepare'),
      cmd_status: fc.constantFrom('Success', 'Failed'),
      exit_status: fc.integer(),
      stderr: fc.string(),
      timestamp: fc.constant(new Date(now * 1000).toISOString()),
    }),
  ),
  update_state: fc.constantFrom('Idle', 'Available', 'Staged', 'Ready'),
});

/** What a host may rightly say: to a check, and behind an apply. */
const right = fc
  .record({
    bootId: fc.uuid(),
    version: fc.option(version),
    status: fc.option(status),
    stderr: fc.string(),
    exitCode: fc.nat(255),
  })
  .map(({ exitCode, stderr, ...host }) => ({
    schema: 1,
    now,
    ...host,
    // Each document reads its own.
    error: host.status ? null : { exitCode, stderr },
    exitCode,
    stderr,
    commandId: 'apply.1',
  }));

const json: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, '', 0, -1, 1e300, [], {}, 'Idle', '1.20.0', '\u001B[31m1.20.0', '1.\n20'),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Every place in a document, as the keys that lead there. */
const placesOf = (value: unknown, path: string[] = []): string[][] => [
  path,
  ...(typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, member]) => placesOf(member, [...path, key]))
    : []),
];

function withValueAt(document: unknown, [key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(document)) {
    return document.map((member, index) =>
      String(index) === key ? withValueAt(member, rest, value) : member,
    );
  }
  const members = Object.entries(document ?? {});
  return Object.fromEntries(
    members.map(([name, member]) => [name, name === key ? withValueAt(member, rest, value) : member]),
  );
}

/** Right output with some of its values, small ones or whole branches, replaced by anything. */
const spoilt = right.chain((document) =>
  fc
    .array(fc.tuple(fc.constantFrom(...placesOf(document)), json), { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce<unknown>((it, [path, value]) => withValueAt(it, path, value), document)),
);

const ansi = fc.constantFrom(
  '\u001B[31m',
  '\u001B[0m',
  '\u001B[2K',
  '\u001B[38;5;196m',
  '\u001B]0;title\u0007',
  '\u001B',
  '\u009B1m',
  '\u009B',
  // One that is left when the one inside it is taken out.
  '\u001B\u001B[0m[31m',
);

/** Right output with sequences of a terminal put in at some places. */
const coloured = right.chain((document) => {
  const text = `${JSON.stringify(document)}\n`;
  return fc
    .array(fc.tuple(fc.nat(text.length), ansi), { minLength: 1, maxLength: 5 })
    .map((sequences) =>
      sequences.reduce((it, [at, sequence]) => it.slice(0, at) + sequence + it.slice(at), text),
    );
});

/** What of an answer stands in the text itself. */
function versionsIn(output: CheckOutput | ApplyOutput): (string | null)[] {
  const host = hostStatusOf(output);
  return [
    ...('error' in output ? [hostProbeOf(output).runningVersion] : []),
    ...(host ? [host.runningVersion, host.chosenVersion, host.stagedVersion, ...host.availableVersions] : []),
  ];
}

/** Whatever was made of a text that it does not say in so many words: versions, a state, a member with another value. */
function madeUp(text: string): unknown[] {
  const check = parseCheckOutput(text);
  const apply = parseApplyOutput(text);
  const understood = [...('seen' in check ? [] : [check]), ...(apply ? [apply] : [])];
  return understood.flatMap((output) => {
    const wrong: unknown[] = versionsIn(output).filter(
      (one) => one !== null && !(/^[\w.+-]+$/.test(one) && text.includes(`"${one}"`)),
    );
    const state = hostStatusOf(output)?.updateState;
    if (state && !text.includes(`"update_state":"${state}"`)) wrong.push(state);
    expect(JSON.parse(text)).toMatchObject(output);
    return wrong;
  });
}

/** What is quoted of a text that is not understood; null: it is understood. */
function quoted(text: string): string | null {
  const output = parseCheckOutput(text);
  return 'seen' in output ? output.seen : null;
}

/** A few words, in one line, that do nothing to a terminal. */
const fewWords = /^[^\p{Cc}]{1,999}$/u;

describe('whatever a host prints is either understood or quoted in a few words', () => {
  test('what is right is understood', () => {
    fc.assert(
      fc.property(right, (document) => {
        const text = `${JSON.stringify(document)}\n`;
        expect(quoted(text)).toBeNull();
        expect(madeUp(text)).toEqual([]);
        expect(parseApplyOutput(text)).toMatchObject({ exitCode: document.exitCode });
      }),
    );
  });

  test('cut off at any place, it is understood in no part', () => {
    const cut = right.chain((document) => {
      const text = JSON.stringify(document);
      return fc.nat(text.length - 1).map((length) => text.slice(0, length));
    });
    fc.assert(
      fc.property(cut, fc.constantFrom('', '\n', '\n---Output truncated---'), (text, mark) => {
        expect(quoted(text + mark)).toMatch(fewWords);
        expect(parseApplyOutput(text + mark)).toBeNull();
      }),
    );
  });

  test('with colours and titles of a terminal anywhere in it, it says nothing else', () => {
    fc.assert(
      fc.property(coloured, (text) => {
        expect(madeUp(text)).toEqual([]);
        expect(quoted(text) ?? 'understood').toMatch(fewWords);
      }),
      { numRuns: 500 },
    );
  });

  test('with any value in any place, it says what stands there or nothing', () => {
    fc.assert(
      fc.property(spoilt, (document) => {
        const text = JSON.stringify(document);
        expect(madeUp(text)).toEqual([]);
        expect(quoted(text) ?? 'understood').toMatch(fewWords);
      }),
      { numRuns: 2000 },
    );
  });

  test('with a value of a wrong type in a place that is read, it is not understood', () => {
    const odd = fc.oneof(
      fc.integer({ max: 999_999_999 }),
      fc.boolean(),
      fc.array(fc.integer(), { minLength: 1 }),
      fc.object(),
    );
    const place = fc.constantFrom('schema', 'bootId', 'now', 'version', 'status', 'error');
    fc.assert(
      fc.property(right, place, odd, (document, member, value) => {
        fc.pre(!(member === 'schema' && value === 1));
        expect(quoted(JSON.stringify({ ...document, [member]: value }))).toMatch(fewWords);
      }),
    );
  });

  test('and any bytes at all never throw', () => {
    const bytes = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.uint8Array({ maxLength: 3000 }).map((some) => Buffer.from(some).toString()),
      fc
        .tuple(
          right.map((document) => JSON.stringify(document)),
          fc.nat(1000),
          fc.nat(40),
          fc.string({ unit: 'binary' }),
        )
        .map(([text, at, length, other]) => text.slice(0, at) + other + text.slice(at + length)),
    );
    fc.assert(
      fc.property(bytes, (text) => {
        expect(() => parseApplyOutput(text)).not.toThrow();
        expect(quoted(text) ?? 'understood').toMatch(fewWords);
        const output = parseCheckOutput(text);
        if ('seen' in output) return;
        expect(['checked', 'check-failed']).toContain(checkResultOf(output).kind);
        expect(['held', 'free', 'unknown']).toContain(updateLockOf(output));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('output of any size', () => {
  const long = fc
    .tuple(right, fc.array(version, { minLength: 300, maxLength: 4000 }), fc.string(), fc.nat(3000))
    .map(([document, available_updates, said, times]) => ({
      ...document,
      status: document.status && { ...document.status, available_updates },
      stderr: said.repeat(times),
    }));

  test('that SSM cuts is read whole or not at all', () => {
    fc.assert(
      fc.property(long, (document) => {
        const text = `${JSON.stringify(document)}\n`;
        for (const listed of [keptStdout(text), pluginOutput(text, '')]) {
          const isWhole = listed.startsWith(text.trimEnd());
          expect(quoted(listed) === null).toBe(isWhole);
          expect(madeUp(listed)).toEqual([]);
        }
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['dashes', '-', ''],
    ['rows of dashes', '-----ERROR\n', ''],
    ['spaces', ' ', '{'],
    ['brackets', '[', ''],
    ['objects', '{"status":', ''],
    ['escapes', '\u001B', ''],
    ['numbers of a colour', ';1', '\u001B[1'],
    ['titles', ';a', '\u001B]a'],
    ['a text without an end', 'x', '{"version":"'],
    ['zeros', '\u0000', ''],
  ])('megabytes of %s are quoted in a few words', (_, unit, before) => {
    const text = before + unit.repeat(12_000_000 / unit.length);
    expect(quoted(text)).toMatch(fewWords);
    expect(parseApplyOutput(text)).toBeNull();
    expect(excerpt(text)).toMatch(fewWords);
    expect(lastWords(text)).toMatch(fewWords);
  });
});
