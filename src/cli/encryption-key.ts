import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  keyBytes,
  type KeyEntry,
  keyIdPattern,
  keyLine,
  keyVariables,
  kmsArnPattern,
  parseKeyRing,
} from '../temporal/encryption/key-ring.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';

interface KeyFlags {
  file?: string;
  id?: string;
  kms?: string;
}

/** `ecs-updater encryption-key`: makes a key by which the data in Temporal is encrypted. */
export function encryptionKeyCommand(): Command {
  return new Command('encryption-key')
    .summary('make a key that encrypts the data in Temporal')
    .description(
      `Makes a random key of 256 bits and prints it as a line for ${keyVariables}, or adds it to that file. With --kms it is a data key that ` +
        'KMS makes and encrypts: nobody sees it, and who uses the line needs kms:Decrypt. The first line of a file encrypts, all of them decrypt.',
    )
    .option('--file <file>', 'add it there, at the end; a new file is for its owner only (0600)')
    .addOption(new Option('--id <id>', 'name of the key (default: the day)').argParser(idOption))
    .addOption(
      new Option(
        '--kms <arn>',
        'KMS key, or alias, that encrypts it; needs kms:GenerateDataKeyWithoutPlaintext',
      ).argParser(arnOption),
    )
    .addHelpText(
      'after',
      examples(
        'ecs-updater encryption-key --file keys',
        'ecs-updater encryption-key --id 2027-01 --file keys',
        'ecs-updater encryption-key --kms arn:aws:kms:eu-central-1:123456789012:alias/ecs-updater',
      ),
    )
    .action(async ({ file, id: wished, kms }: KeyFlags) => {
      const there = file !== undefined && existsSync(file) ? idsIn(file) : [];
      if (wished !== undefined && there.includes(wished)) {
        throw new CommandError(`${file} has a key ${wished} already. Give another --id.`, exitCodes.usage);
      }
      const id = wished ?? freeId(there);
      const line = `${keyLine(await makeKey(id, kms))}\n`;
      if (file === undefined) process.stdout.write(line);
      else process.stdout.write(put(file, id, line, there.length === 0));
    });
}

async function makeKey(id: string, keyArn: string | undefined): Promise<KeyEntry> {
  if (keyArn === undefined) return { id, kind: 'aes256', material: randomBytes(keyBytes) };
  const { makeDataKey } = await import('../aws/data-keys.js');
  return { id, kind: 'kms', keyArn, wrapped: await makeDataKey(id, keyArn) };
}

function idsIn(file: string): string[] {
  const text = reading(file, () => readFileSync(file, 'utf8'));
  const isBlank = text.split('\n').every((line) => /^\s*(#|$)/.test(line));
  return isBlank ? [] : parseKeyRing(text, '--file', file).entries.map(({ id }) => id);
}

function put(file: string, id: string, line: string, isFirst: boolean): string {
  reading(file, () => {
    if (!existsSync(file)) {
      writeFileSync(file, line, { mode: 0o600, flag: 'wx' });
      return;
    }
    const text = readFileSync(file, 'utf8');
    appendFileSync(file, text === '' || text.endsWith('\n') ? line : `\n${line}`);
  });
  return isFirst
    ? `${file}: key ${id}. Keep a copy where it is safe: what it has encrypted can be read with nothing else.\n`
    : `${file}: key ${id}, which decrypts only. Once every process has it, make its line the first: then it encrypts.\n`;
}

function reading<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    throw new CommandError(`--file ${file} cannot be used: ${reason}.`, exitCodes.usage, { cause: err });
  }
}

/** The day; with a number behind it, if that is taken. */
function freeId(taken: readonly string[]): string {
  const day = new Date().toISOString().slice(0, 10);
  let id = day;
  for (let number = 2; taken.includes(id); number += 1) id = `${day}-${number}`;
  return id;
}

function idOption(text: string): string {
  if (keyIdPattern.test(text)) return text;
  throw new InvalidArgumentError("Give 1 to 64 letters, digits, '.', '_' and '-'.");
}

function arnOption(text: string): string {
  if (kmsArnPattern.test(text)) return text;
  throw new InvalidArgumentError('Give the ARN of a KMS key or of an alias.');
}
