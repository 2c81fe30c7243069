import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { describe, expect, test } from 'vitest';
import { generatedFiles } from '../../../src/config/generated.js';
import { settingsOf } from '../../../src/config/cluster-settings.js';
import { type Config, parseConfig } from '../../../src/config/load.js';
import { parseSettings, settingNotes } from '../../../src/config/settings.js';
import { newFile } from '../../../src/config/template.js';
import { projectFolder } from '../../support/dockerfile.js';

const read = (text: string): Config => parseConfig({ file: 'new.yaml', text });

test.each(Object.entries(generatedFiles()))('%s is as `npm run generate` writes it', (path, text) => {
  expect(readFileSync(join(projectFolder, path), 'utf8')).toBe(text);
});

test('the example of the reference is a right file', () => {
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(generatedFiles()['docs/configuration.md'] ?? '') ?? [];
  expect(parseConfig({ file: 'example.yaml', text: example }).clusters.map(({ name }) => name)).toEqual([
    'prod',
    'prod-ireland',
  ]);
});

describe('a new file', () => {
  const text = newFile({
    name: 'platform',
    region: 'eu-central-1',
    cron: '*/30 * * * *',
    timeZone: 'Europe/Berlin',
    clusters: ['prod', 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging'],
    schema: './ecs-updater.schema.json',
  });
  /** The file with what its comments hold brought in: everything that is indented as a key. */
  const uncommented = text.replaceAll(/^( *)# (( {2})*(- )?\w+:( .*)?)$/gm, '$1$2');

  test('is right, says what was answered and has every default', () => {
    const { name, clusters } = read(text);
    expect(name).toBe('platform');
    expect(clusters).toMatchObject([
      {
        name: 'prod',
        region: 'eu-central-1',
        schedule: { cron: ['*/30 * * * *'], timeZone: 'Europe/Berlin' },
      },
      { name: 'staging', region: 'eu-west-1' },
    ]);
    expect(clusters.map(settingsOf)).toEqual([parseSettings({}), parseSettings({})]);
  });

  test('names the schema for editors in its first line', () => {
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./ecs-updater.schema.json');
  });

  test('has every setting in a comment, and is still right without the #', () => {
    const { defaults } = parseDocument(uncommented).toJS();
    const { selection, ...others } = defaults;
    for (const { name } of settingNotes()) expect({ ...selection, ...others }).toHaveProperty(name);
    expect(read(uncommented).clusters[2]).toMatchObject({
      name: 'prod-ireland',
      maxUnavailable: { kind: 'percent', percent: 10 },
      drainLimit: 1_500_000,
      notifications: [{ type: 'slack' }],
    });
  });
});
