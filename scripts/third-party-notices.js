// Prints THIRD-PARTY-NOTICES.txt: who made the packages that the lock file names for production, and under which terms.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));

const byName = (a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0);

/** Packages of the lock file that are no development tools; optional ones may be missing here, or wherever else this runs. */
const production = Object.entries(packages)
  .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
  .map(([path, { version, license, optional }]) => ({
    path,
    label: `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)} ${version}`,
    license: license ?? 'see the text',
    optional: optional === true,
  }))
  .toSorted(byName);

/** One text for each file in which a package says its terms, or has a notice. */
const textsOf = (path) =>
  readdirSync(join(root, path), { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        /^(licen[cs]e|unlicense|copying|notice)([.-](txt|md|mit|bsd|apache2?))*$/i.test(entry.name),
    )
    .map(({ name }) => name)
    .toSorted()
    .map((name) => readFileSync(join(root, path, name), 'utf8').replaceAll('\r', ''));

const isCopyright = (line) =>
  /^\W*(Copyright:? (\([cC]\)|©|\[yyyy\]|\{yyyy\}|\d|[A-Z]\S* [A-Z])|\([cC]\) ?\d|© )/.test(line);

/** Many have the same text under other names: it is told once. */
const groups = new Map();
const without = [];
for (const { path, label, license } of production.filter(({ optional }) => !optional)) {
  const texts = textsOf(path);
  if (texts.length === 0) without.push(`${label} (${license})`);
  for (const text of texts) {
    const lines = text.split('\n').map((line) => line.trimEnd());
    const holders = [
      ...new Set(
        lines.filter((line) => isCopyright(line) && !line.includes('yyyy')).map((line) => line.trim()),
      ),
    ];
    const terms = lines
      .filter((line) => !isCopyright(line))
      .join('\n')
      .replaceAll(/\n{3,}/g, '\n\n')
      .trim();
    const key = terms.replaceAll(/\s+/g, ' ').toLowerCase();
    const group = groups.get(key) ?? { terms, members: [] };
    group.members.push([`${label} (${license})`, ...holders.map((holder) => `    ${holder}`)].join('\n'));
    groups.set(key, group);
  }
}

const optional = production
  .filter((one) => one.optional)
  .map(({ label, license }) => `${label} (${license})`);
const rule = '-'.repeat(80);
const sections = [
  `ecs-updater runs with these packages of others. Written by \`npm run notices\` from package-lock.json.`,
  ...[...groups.values()].map(({ terms, members }) => `${[...new Set(members)].join('\n')}\n\n${terms}`),
  `Without a text of their own; their package.json names the licence:\n\n${[...new Set(without)].join('\n')}`,
  `Optional: npm installs them where they fit the machine, each with its own text. The container image has none of them.\n\n${[...new Set(optional)].join('\n')}`,
];
process.stdout.write(`${sections.join(`\n\n${rule}\n\n`)}\n`);
