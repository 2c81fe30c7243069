// Writes the files that are made from the schema of the configuration, and the parts of the CloudFormation templates that are made from others.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from '../dist/src/config/generated.js';
import { templateFiles } from '../dist/src/deploy/templates.js';

const absolute = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const read = (path) => readFileSync(absolute(path), 'utf8');

for (const [path, text] of Object.entries({ ...generatedFiles(), ...templateFiles(read) })) {
  writeFileSync(absolute(path), text);
}
