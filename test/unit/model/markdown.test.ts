import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { markdownText } from '../../../src/model/markdown.js';
import { hostileTexts } from '../../support/hostile-texts.js';

test.each([
  'i-0abc1234def567890',
  '1.26.1',
  'since 2026-03-01T12:00:00.000Z',
  'still 2 tasks of service web after 25m.',
  'Müllers Änderung: läuft',
  '',
])('%j stays as it is', (text) => {
  expect(markdownText(text, 100)).toBe(text);
});

test.each(hostileTexts)('%j becomes code that nothing in it ends', (text) => {
  expect(markdownText(text, 100)).toMatch(/^`[^`|\n\r]+`$/);
});

test('of what is code every character can be read but those that would end it', () => {
  expect(markdownText('a|b `c` <d>', 100)).toBe("`a¦b 'c' <d>`");
});

test('no text of somebody else is more than one line, one cell, or anything but letters and code', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.integer({ min: 1, max: 60 }),
      (text, longest) => {
        const shown = markdownText(text, longest);
        expect(shown).not.toMatch(/[|\n\r]/);
        expect(shown.replace(/^`[^`]*`$/, '')).not.toMatch(/[`<>&[\]!*_~$\\#@/"'+{}^]/);
        expect(() => encodeURIComponent(shown)).not.toThrow();
      },
    ),
  );
});
