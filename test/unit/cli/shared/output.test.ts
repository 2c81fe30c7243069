import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { printed } from '../../../../src/cli/shared/output.js';

const said = { by: 'kim\u001B[2J\u009B31m', reason: 'two\nlines: \u202Etxt.exe' };

test('what operators said steers no terminal, whichever form it is printed in', () => {
  for (const form of ['json', 'yaml'] as const)
    expect(printed(form, said).replaceAll('\n', '')).not.toMatch(/\p{Cc}|\u202E/u);
});

test('JSON gives it back as it was; YAML gives back all that can be seen', () => {
  expect(JSON.parse(printed('json', said))).toEqual(said);
  expect(parse(printed('yaml', { by: 'kim', reason: 'a: b # c', n: 1, list: ['x'] }))).toEqual({
    by: 'kim',
    reason: 'a: b # c',
    n: 1,
    list: ['x'],
  });
});
