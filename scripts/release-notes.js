// Prints what CHANGELOG.md says of the version in package.json. Fails if it says nothing, or if that has no date yet.
import { readFileSync } from 'node:fs';

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const { version } = JSON.parse(read('package.json'));
const sections = read('CHANGELOG.md').split(/^## /m).slice(1);
const section = sections.find((text) => text.startsWith(`[${version}]`));
if (section === undefined) throw new Error(`CHANGELOG.md has no section [${version}].`);
const [heading = '', ...lines] = section.split('\n');
if (!/^\[\S+\] - \d{4}-\d\d-\d\d$/.test(heading)) {
  throw new Error(`CHANGELOG.md: "${heading}" has no date. Write it as [${version}] - 2026-11-28.`);
}
process.stdout.write(`${lines.join('\n').trim()}\n`);
