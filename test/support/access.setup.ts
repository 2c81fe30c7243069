import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { type AccessRecord, readLines, readRecords, without, writeRecords } from './access-records.js';

const file = fileURLToPath(new URL('../recorded-access.json', import.meta.url));

/**
 * Collects what IAM was asked in the tests and holds it against what is written down, by which the policies are proven. What is not written down fails
 * the run; so does, if every test has run and passed, what is written down and was not asked. With RECORD_ACCESS=1 it is written down anew, or, if only some have run, added to.
 * Stands first, so that its end comes after that of the others.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'ecs-updater-access-'));
  project.provide('accessRecords', folder);
  return async () => {
    const asked = await collect(folder);
    await rm(folder, { recursive: true });
    const isWhole = await ranWhole(project);
    const written = readRecords(await readFile(file, 'utf8'));
    if (process.env['RECORD_ACCESS'] === '1') {
      await writeFile(file, writeRecords(isWhole ? asked : [...written, ...asked]));
      return;
    }
    const unknown = without(asked, written);
    if (unknown.length > 0) fail(`the tests have asked IAM for what it does not know of:\n${lines(unknown)}`);
    const stale = isWhole ? without(written, asked) : [];
    if (stale.length > 0) fail(`nobody has asked IAM for:\n${lines(stale)}`);
  };
}

async function collect(folder: string): Promise<AccessRecord[]> {
  const names = await readdir(folder);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap(readLines);
}

/** Whether every test of the project has run and passed. */
async function ranWhole(project: TestProject): Promise<boolean> {
  const { testFiles } = await project.globTestFiles();
  const ran = project.vitest.state.getFiles().filter(({ projectName }) => projectName === project.name);
  const tests = project.vitest.state.getTestModules().filter((module) => module.project === project);
  return (
    ran.length === testFiles.length &&
    tests.every((module) => [...module.children.allTests()].every((test) => test.result().state === 'passed'))
  );
}

const lines = (records: readonly AccessRecord[]): string =>
  records.map((record) => `  ${JSON.stringify(record)}`).join('\n');

/** Vitest only logs what a teardown throws. */
function fail(message: string): void {
  console.error(`test/recorded-access.json: ${message}\nRun npm run access to write it down anew.`);
  process.exitCode = 1;
}
