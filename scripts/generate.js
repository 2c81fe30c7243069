// Writes the files that are made from the schema of the configuration.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from '../dist/src/config/generated.js';

for (const [path, text] of Object.entries(generatedFiles())) {
  writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), text);
}
