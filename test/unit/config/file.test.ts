import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settingsOf } from '../../../src/config/cluster-settings.js';
import { type Config, loadConfig, parseConfig } from '../../../src/config/load.js';
import { ConfigFileError } from '../../../src/config/problem.js';
import { parseSettings } from '../../../src/config/settings.js';

const json = (text: string): Config => parseConfig({ file: 'a.json', text });

const yaml = (text: string): Config => parseConfig({ file: 'a.yaml', text });

async function refusal(read: () => Config | Promise<Config>): Promise<readonly string[]> {
  try {
    await read();
  } catch (err) {
    if (err instanceof ConfigFileError) return err.lines;
    throw err;
  }
  throw new Error('it was taken');
}

/** A right cluster, with these lines more. */
const withLines = (...lines: string[]): string =>
  ['clusters:', '  - cluster: prod', '    region: eu-central-1', ...lines.map((line) => `    ${line}`)].join(
    '\n',
  );
const nightly = "schedule: {cron: '0 3 * * 1-5'}";

describe('a configuration file', () => {
  test('needs no more than a cluster, its Region and when', () => {
    const { name, clusters } = yaml(withLines(nightly));
    expect(name).toBeNull();
    expect(clusters).toMatchObject([
      {
        name: 'prod',
        cluster: 'prod',
        region: 'eu-central-1',
        assumeRole: null,
        schedule: { cron: ['0 3 * * 1-5'], timeZone: 'Etc/UTC', jitter: 0 },
        notifications: [],
      },
    ]);
    expect(clusters.map(settingsOf)).toEqual([parseSettings({})]);
  });

  test('has the settings of the flags under the same names, with numbers where a flag has text', () => {
    const [cluster] = yaml(
      withLines(nightly, 'maxUnavailable: 2', "failureBudget: '10%'", 'drainLimit: 40m', 'giveUpAfter: 3'),
    ).clusters;
    expect(cluster && settingsOf(cluster)).toEqual(
      parseSettings({ maxUnavailable: '2', failureBudget: '10%', drainLimit: '40m', giveUpAfter: '3' }),
    );
  });

  test('fills in from the defaults: groups key by key, the rest as a whole', () => {
    const { clusters } = yaml(`
defaults:
  region: eu-central-1
  schedule: {cron: 0 3 * * *, timeZone: Europe/Berlin}
  assumeRole: {roleArn: 'arn:aws:iam::123456789012:role/updater', externalId: ours}
  selection: {optOut: off-limits}
  stopStartingAfter: 2h
  maxUnavailable: 10%
  notifications: [{type: slack, urlFromEnv: ALL}]
clusters:
  - cluster: a
  - cluster: arn:aws:ecs:eu-west-1:210987654321:cluster/b
    name: other
    schedule: {cron: ['0 4 * * *', '0 5 * * *']}
    assumeRole: {roleArn: 'arn:aws:iam::210987654321:role/updater'}
    selection: {include: 'attribute:pool == web'}
    stopStartingAfter: null
    maxUnavailable: 1
    notifications: [{type: webhook, urlFromEnv: HOOK, secretFromEnv: KEY, events: [rollout-stopped]}]
  - cluster: c
    assumeRole: null
`);
    expect(clusters).toMatchObject([
      {
        name: 'a',
        region: 'eu-central-1',
        schedule: { cron: ['0 3 * * *'], timeZone: 'Europe/Berlin' },
        assumeRole: { roleArn: 'arn:aws:iam::123456789012:role/updater', externalId: 'ours' },
        maxUnavailable: { kind: 'percent', percent: 10 },
        stopStartingAfter: 7_200_000,
        notifications: [
          {
            type: 'slack',
            urlFromEnv: 'ALL',
            events: ['rollout-started', 'rollout-finished', 'rollout-stopped', 'waiting-for-person'],
          },
        ],
      },
      {
        name: 'other',
        region: 'eu-west-1',
        schedule: { cron: ['0 4 * * *', '0 5 * * *'], timeZone: 'Europe/Berlin' },
        assumeRole: { roleArn: 'arn:aws:iam::210987654321:role/updater', externalId: 'ours' },
        selection: { optOut: 'off-limits', include: 'attribute:pool == web' },
        maxUnavailable: { kind: 'count', count: 1 },
        stopStartingAfter: null,
        notifications: [{ type: 'webhook', secretFromEnv: 'KEY', events: ['rollout-stopped'] }],
      },
      { name: 'c', assumeRole: null },
    ]);
  });

  test.each([
    ['{optIn: enabled}', 'attribute:enabled exists and attribute:enabled != false', null],
    [
      "{optIn: enabled, include: 'a == b'}",
      'attribute:enabled exists and attribute:enabled != false and a == b',
      null,
    ],
    [
      "{optIn: enabled, include: 'a == b or c == d'}",
      'attribute:enabled exists and attribute:enabled != false and (a == b or c == d)',
      null,
    ],
    ["{include: 'a == b or c == d'}", 'a == b or c == d', null],
    [
      "{optOut: disabled, exclude: 'a == b and c == d'}",
      null,
      'attribute:disabled exists and attribute:disabled != false or a == b and c == d',
    ],
  ])('selects by attribute and expression: %s', (selection, include, exclude) => {
    const [cluster] = yaml(withLines(nightly, `selection: ${selection}`)).clusters;
    expect(cluster && settingsOf(cluster)).toMatchObject({ include, exclude });
  });

  test('may leave a group empty, and use anchors and merged maps', () => {
    const { clusters } = yaml(`
defaults: &all
  region: eu-central-1
  schedule: {cron: 0 3 * * *}
  selection:
clusters:
  - {<<: *all, cluster: a}
  - {cluster: b, drainLimit: &long 40m}
  - {cluster: c, drainLimit: *long, schedule: }
`);
    expect(clusters).toMatchObject([{}, { drainLimit: 2_400_000 }, { drainLimit: 2_400_000 }]);
  });

  test('says where a field stands, for what is found later', () => {
    const { where } = yaml(withLines(nightly, 'drainLimit: 40m'));
    expect(where(0, 'drainLimit')).toBe('a.yaml:5:17: clusters[0].drainLimit');
    expect(where(0, 'schedule', 'cron')).toBe('a.yaml:4:22: clusters[0].schedule.cron');
    expect(where(0, 'name')).toBe('a.yaml:2:5: clusters[0].name');
  });

  test.each<[string, string[]]>([
    [
      withLines(nightly, 'drain-limit: 25m'),
      ['5:5: clusters[0].drain-limit is not known. Did you mean drainLimit?'],
    ],
    [withLines(nightly, 'cron: x'), ['5:5: clusters[0].cron is not known. It belongs to defaults.schedule.']],
    [
      withLines(nightly, 'colour: red'),
      ['5:5: clusters[0].colour is not known. docs/configuration.md has all that are.'],
    ],
    [
      withLines('schedule: {cron: 0 3 * * *, color: red}'),
      ['4:33: clusters[0].schedule.color is not known. Known here are cron, timeZone, jitter.'],
    ],
    ['cluster: prod', ['1:1: clusters is missing.', '1:1: cluster is not known. Did you mean clusters?']],
    ['clusters: []', ['1:11: clusters is empty.']],
    ['clusters:', ['1:1: clusters is empty. Name one.']],
    ['clusters: {prod: {}}', ['1:11: clusters is no list.']],
    ['- cluster: prod', ['1:1: the file is no map of settings.']],
    ['prod', ['1:1: the file "prod" is no map of settings.']],
    ['# later', ['1:1: nothing but comments stands here. Write a file with: ecs-updater init']],
    [
      'clusters:\n  - cluster: prod\n',
      [
        '2:5: clusters[0].region is missing, here and in defaults.',
        '2:5: clusters[0].schedule.cron is missing, here and in defaults.',
      ],
    ],
    ['clusters:\n  - region: eu-central-1\n', ['2:5: clusters[0].cluster is missing.']],
    [
      'clusters:\n  - cluster: 123\n',
      ['2:14: clusters[0].cluster 123 is a number, not text. Put it in quotes.'],
    ],
    [
      'clusters: [{cluster: a b}]',
      ['1:22: clusters[0].cluster "a b" is neither the name of an ECS cluster nor its ARN.'],
    ],
    [
      withLines(
        nightly,
        'name: a/b',
        'drainLimit: 25',
        'maxUnavailable: 1.5',
        'failureBudget: -1',
        'checkLimit:',
      ),
      [
        `5:11: clusters[0].name "a/b" is no name of letters, digits, '.', '_' and '-', at most 128 long.`,
        `6:17: clusters[0].drainLimit 25 is no duration with a unit, as '90s' or '25m'.`,
        `7:21: clusters[0].maxUnavailable 1.5 is neither a number of instances from 1, nor a percentage as '10%', nor 'unlimited'.`,
        `8:20: clusters[0].failureBudget -1 is neither a number of failures, nor a percentage as '10%', nor 'unlimited'.`,
        '9:5: clusters[0].checkLimit is empty. Give it a value, or leave it out.',
      ],
    ],
    [
      withLines('schedule: {cron: at noon, timeZone: Europe/Berln, jitter: 5m}'),
      [
        `4:22: clusters[0].schedule.cron "at noon" is no cron expression of five fields, as '0 3 * * 1-5'.`,
        `4:41: clusters[0].schedule.timeZone "Europe/Berln" is no IANA time zone, as 'Europe/Berlin'. Did you mean Europe/Berlin?`,
      ],
    ],
    [
      withLines(
        "schedule: {cron: ['0 3 * * *', 'TZ=UTC 0 3 * * *', '0 3 * * * # night', '@every 6h'], timeZone: europe/berlin}",
      ),
      [
        `4:36: clusters[0].schedule.cron[1] "TZ=UTC 0 3 * * *" names a time zone. Give it by timeZone.`,
        `4:56: clusters[0].schedule.cron[2] "0 3 * * * # night" has a comment. Leave it out.`,
        `4:77: clusters[0].schedule.cron[3] "@every 6h" is an interval. Name the times, as '0 */6 * * *'.`,
        `4:101: clusters[0].schedule.timeZone "europe/berlin" is no IANA time zone, as 'Europe/Berlin'. Did you mean Europe/Berlin?`,
      ],
    ],
    [
      withLines('schedule: {cron: 5, timeZone: +01:00}'),
      [
        `4:22: clusters[0].schedule.cron 5 is neither a cron expression, as '0 3 * * 1-5', nor a list of them.`,
        `4:35: clusters[0].schedule.timeZone "+01:00" is no IANA time zone, as 'Europe/Berlin'.`,
      ],
    ],
    [withLines('schedule: nightly'), ['4:15: clusters[0].schedule "nightly" is no map of settings.']],
    [
      withLines(nightly, "selection: {optIn: a b, include: ' ', exclude: 7}", 'assumeRole: {externalid: 5}'),
      [
        `5:24: clusters[0].selection.optIn "a b" is no name of an ECS attribute: letters, digits, '.', '_' and '-', at most 128 long.`,
        '5:38: clusters[0].selection.include " " is empty.',
        '5:52: clusters[0].selection.exclude 7 is a number, not text. Put it in quotes.',
        '6:18: clusters[0].assumeRole.externalid is not known. Did you mean externalId?',
      ],
    ],
    [
      withLines(nightly, 'assumeRole: {externalId: ours}'),
      ['5:17: clusters[0].assumeRole.roleArn is missing, here and in defaults.'],
    ],
    [
      withLines(nightly, 'notifications: [{type: sns}, {type: mail}, {url: x}]'),
      [
        '5:21: clusters[0].notifications[0].topicArn is missing.',
        `5:41: clusters[0].notifications[1].type "mail" is none of 'sns', 'slack', 'webhook'.`,
        '5:48: clusters[0].notifications[2].type is missing.',
      ],
    ],
    [
      withLines(
        nightly,
        'notifications:',
        '  - {type: slack, urlFromEnv: "https://hooks.slack.test/T0/B0/secret"}',
      ),
      [
        '6:35: clusters[0].notifications[0].urlFromEnv is no name of an environment variable of the worker. The secret itself does not belong here.',
      ],
    ],
    [
      `defaults: {region: eu-central-1, schedule: {cron: 0 3 * * *}}
clusters:
  - cluster: prod
  - cluster: arn:aws:ecs:eu-west-1:123456789012:cluster/prod
  - {cluster: prod, name: again}
  - {cluster: b, name: prod}
  - {cluster: arn:aws:ecs:eu-west-1:123456789012:cluster/c, region: eu-central-1}
`,
      [
        '4:5: clusters[1] has the name prod, as clusters[0] has. Give it a name of its own by name.',
        '5:5: clusters[2] is the ECS cluster of clusters[0]. One of its rollouts would work against the other: leave one out.',
        '6:5: clusters[3] has the name prod, as clusters[0] has. Give it another.',
        '7:5: clusters[4].region "eu-central-1" is not that of the ARN, eu-west-1. Leave it out.',
      ],
    ],
    [
      '"\\u001b[31mred": 1\nclusters: [{cluster: a}]',
      ['1:1: "\\u001b[31mred" is not known. Known here are name, defaults, clusters.'],
    ],
    [
      '__proto__: {a: 1}\nclusters: [{cluster: a}]',
      ['1:1: __proto__ is not known. Known here are name, defaults, clusters.'],
    ],
  ])('is refused with field, value and place: %s', async (text, lines) => {
    expect(await refusal(() => yaml(text))).toEqual(lines.map((line) => `a.yaml:${line}`));
  });

  test.each([
    [
      'defaults:\n  region: eu-central-1\n   schedule: {cron: 0 3 * * *}\n',
      `2:11: is no YAML: a field begins here in a value that is there already. ${alike}`,
    ],
    ['defaults:\n  region: eu-central-1\n name: a\n', `3:1: ${misaligned}`],
    ['clusters:\n  - cluster: prod\n    name: b\n   region: eu-central-1\n', `4:1: ${misaligned}`],
    ['clusters:\n\t- cluster: prod\n', '2:1: is indented by a tab, which YAML forbids. Use blanks.'],
    [withLines('region: eu-west-1'), '4:5: region is there twice. Leave one out.'],
    [withLines('schedule:', '  cron: * * * * *'), `5:13: is no YAML. ${quotes()}`],
    [withLines('schedule:', '  cron: */5 * * * *'), `5:17: is no YAML. ${quotes()}`],
    [withLines('schedule:', '  cron: @daily'), `5:13: is no YAML. ${quotes()}`],
    [withLines('schedule:', '  cron: *night'), `5:13: "night" is an alias without an anchor. ${quotes()}`],
    [
      'a: 1\n---\nb: 2\n',
      '2:1: a second document begins here. Leave one: several clusters stand in one list.',
    ],
    ['clusters: !list []', '1:11: is no YAML: Unresolved tag: !list.'],
    [
      'clusters: [',
      '1:12: is no YAML: Flow sequence in block collection must be sufficiently indented and end with a ].',
    ],
    ['{a: '.repeat(5000), '1:3781: is nested too deeply.'],
  ])('is refused where YAML is: %s', async (text, line) => {
    const [found = ''] = await refusal(() => yaml(text));
    // How deep is too deep is the parser's affair.
    expect(found.replace(/^a.yaml:1:\d{4}:/, 'a.yaml:1:3781:')).toBe(`a.yaml:${line}`);
  });

  test('cannot fill the memory through its anchors', async () => {
    const levels = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (const [before, name] of ['ab', 'bc', 'cd', 'de'])
      levels.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join()}]`);
    expect(await refusal(() => yaml(levels.join('\n')))).toEqual([
      'a.yaml uses its anchors more than 100 times. Write out what they stand for.',
    ]);
  });

  test.each([
    withLines(`name: !!js/function 'function () { globalThis.ran = true; }'`),
    withLines(`name: !!js/undefined ''`, `? !!js/function 'globalThis.ran = true'`, `: 1`),
    withLines(`name: !!python/object/apply:os.system ['touch ran']`),
    withLines('__proto__: {ran: true}'),
    withLines('constructor: {prototype: {ran: true}}'),
    withLines('<<: {__proto__: {ran: true}}'),
  ])('has nothing that is run: %s', async (text) => {
    const lines = await refusal(() => yaml(text));
    expect(lines[0]).toMatch(/^a\.yaml:\d+:\d+: /);
    expect(Reflect.get({}, 'ran')).toBeUndefined();
    expect(Reflect.get(globalThis, 'ran')).toBeUndefined();
  });

  test('with a hundred slips is refused with the first of them, and how many more there are', async () => {
    const lines = await refusal(() =>
      yaml(withLines(...Array.from({ length: 100 }, (_, i) => `unheardOf${i}: 1`))),
    );
    expect(lines).toHaveLength(26);
    expect(lines.at(-1)).toBe('and 75 more.');
  });

  describe('in JSON', () => {
    test('is the same, indented as one likes', () => {
      expect(
        json(
          '{\n\t"$schema": "./ecs-updater.schema.json",\n\t"clusters": [\n\t\t{"cluster": "prod", "region": "eu-central-1", "schedule": {"cron": "*/5 * * * *"}}\n\t]\n}\n',
        ).clusters,
      ).toMatchObject([{ name: 'prod', schedule: { cron: ['*/5 * * * *'] } }]);
    });

    test.each([
      [
        '{\n  // ours\n  "clusters": []\n}',
        '2:3: JSON has no comments. Leave this one out, or call the file .yaml and begin it with #.',
      ],
      ['{\n  "clusters": [,]\n}', "2:16: is no JSON: Unexpected token ','."],
      ['{\n  "clusters": [', '2:16: is no JSON: Unexpected end of JSON input.'],
      ['{"clusters": [], "clusters": []}', '1:18: "clusters" is there twice. Leave one out.'],
      [
        '{"clusters": [{"cluster": "https://a/b"}]}',
        '1:27: clusters[0].cluster "https://a/b" is neither the name of an ECS cluster nor its ARN.',
      ],
    ])('is refused: %s', async (text, line) => {
      expect(await refusal(() => json(text))).toEqual([`a.json:${line}`]);
    });
  });

  describe('on the disk', () => {
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'ecs-updater-'));
      await mkdir(join(folder, 'folder.yaml'));
      await writeFile(join(folder, 'empty.yaml'), ' \n');
      await writeFile(join(folder, 'big.yaml'), '#'.repeat(300_000));
      await writeFile(join(folder, 'latin.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xfc]));
      await writeFile(join(folder, 'bom.yaml'), `\uFEFF${withLines(nightly)}\r\n`);
    });
    afterAll(() => rm(folder, { recursive: true }));

    test.each([
      ['missing.yaml', 'there is no file FILE. Write one with: ecs-updater init -f FILE'],
      ['folder.yaml', 'FILE is a folder, not a file.'],
      ['empty.yaml', 'FILE is empty. Write one with: ecs-updater init'],
      ['big.yaml', 'FILE has 300000 bytes; a configuration has at most 262144.'],
      ['latin.yaml', 'FILE is not text in UTF-8.'],
    ])('%s is refused', async (name, message) => {
      const file = join(folder, name);
      expect(await refusal(() => loadConfig(file))).toEqual([message.replaceAll('FILE', file)]);
    });

    test('may begin with a byte order mark, and have the line ends of Windows', async () => {
      expect((await loadConfig(join(folder, 'bom.yaml'))).clusters).toHaveLength(1);
    });
  });
});

const alike = "Indent fields of one thing alike; a value that has ': ' in it has to stand in quotes.";
const misaligned =
  'is no YAML: this line is indented neither as the one before nor as any that holds it. Indent the fields of one thing alike, by blanks.';
function quotes(): string {
  return `A value that begins with *, @ or % has to stand in quotes, as '*/5 * * * *'.`;
}
