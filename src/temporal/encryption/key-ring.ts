import { readFileSync } from 'node:fs';
import { TemporalConfigError } from '../config-error.js';

/** Variable that has the keys themselves, as a secret of ECS puts them there. */
const keysVariable = 'ECS_UPDATER_ENCRYPTION_KEYS';
/** Variable that names the file in which they stand. */
const fileVariable = 'ECS_UPDATER_ENCRYPTION_KEYS_FILE';

/** Where keys are given, for sentences about what is missing there. */
export const keyVariables = `${keysVariable} or ${fileVariable}`;

/** Bytes of a key of AES-256. */
export const keyBytes = 32;

/** A key as it stands in the environment. */
export type KeyEntry = { id: string } & (
  | { kind: 'aes256'; material: Buffer }
  /** A data key that KMS has encrypted, and decrypts once, when the process starts. */
  | { kind: 'kms'; keyArn: string; wrapped: Buffer }
);

/** The keys of this process. */
export interface KeyRing {
  /** The first one encrypts, all of them decrypt. */
  entries: readonly [KeyEntry, ...KeyEntry[]];
  /** The variable that gave them. */
  variable: string;
}

/** Names a key in payloads and messages. */
export const keyIdPattern = /^[A-Za-z0-9._-]{1,64}$/;

/** `key/…` or `alias/…` of any partition; AWS documentation, ARN formats for KMS resources. */
export const kmsArnPattern = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:(?:key|alias)\/[A-Za-z0-9/_-]+$/;

/** Reads the keys that the environment gives; undefined: none, and nothing is encrypted. Throws a {@link TemporalConfigError}, never with a key in it. */
export function keyRingFrom(env: NodeJS.ProcessEnv): KeyRing | undefined {
  const { [keysVariable]: given, [fileVariable]: file } = env;
  if (given && file) {
    throw new TemporalConfigError(`Give only one of ${keysVariable} and ${fileVariable}.`);
  }
  if (given) return parseKeyRing(given, keysVariable);
  return file ? parseKeyRing(read(file), fileVariable, file) : undefined;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    throw new TemporalConfigError(
      `${fileVariable} ${file} cannot be read: ${reason}. Name a file that ecs-updater encryption-key has written.`,
      { cause: err },
    );
  }
}

/** Parses one key a line: `<id> aes256 <base64>`, or `<id> kms <key ARN> <base64>`. Empty lines and those that begin with # say nothing. */
export function parseKeyRing(text: string, variable: string, file?: string): KeyRing {
  const where = file === undefined ? variable : `${variable} ${file}`;
  const entries = text.split(/\r?\n/).flatMap((line, index) => {
    const said = line.trim();
    return said === '' || said.startsWith('#') ? [] : [parseLine(said, `${where}, line ${index + 1}`)];
  });
  const [first, ...others] = entries;
  if (!first) {
    throw new TemporalConfigError(`${where} has no key. Make one with: ecs-updater encryption-key`);
  }
  const twice = others.find(({ id }, index) => entries.slice(0, index + 1).some((one) => one.id === id));
  if (twice) {
    throw new TemporalConfigError(`${where} has two keys by the id ${twice.id}. Give each its own.`);
  }
  return { entries: [first, ...others], variable };
}

function parseLine(line: string, where: string): KeyEntry {
  const [id = '', kind, ...rest] = line.split(/\s+/);
  // What stands at the place of the id may be a key that somebody put there alone.
  if (kind === undefined || !keyIdPattern.test(id)) throw badLine(where);
  const named = `${where} (key ${id})`;
  if (kind === 'aes256' && rest.length === 1) {
    const material = fromBase64(rest[0]);
    if (material?.length !== keyBytes) {
      throw new TemporalConfigError(
        `${named}: the key is not ${keyBytes} bytes in base64. Make one with: ecs-updater encryption-key`,
      );
    }
    return { id, kind, material };
  }
  if (kind === 'kms' && rest.length === 2) {
    const [keyArn = '', blob] = rest;
    if (!kmsArnPattern.test(keyArn)) {
      throw new TemporalConfigError(`${named}: what stands after kms is no ARN of a KMS key or alias.`);
    }
    const wrapped = fromBase64(blob);
    if (!wrapped) throw new TemporalConfigError(`${named}: the encrypted key is not base64.`);
    return { id, kind, keyArn, wrapped };
  }
  throw badLine(where);
}

const badLine = (where: string): TemporalConfigError =>
  new TemporalConfigError(
    `${where} is neither '<id> aes256 <base64>' nor '<id> kms <key ARN> <base64>'. Make one with: ecs-updater encryption-key`,
  );

/** Undefined where it is none: Buffer would skip what it does not know. */
function fromBase64(text = ''): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return text !== '' && bytes.toString('base64') === text ? bytes : undefined;
}

/** A key as a line of its file. */
export function keyLine(entry: KeyEntry): string {
  return entry.kind === 'aes256'
    ? `${entry.id} aes256 ${entry.material.toString('base64')}`
    : `${entry.id} kms ${entry.keyArn} ${entry.wrapped.toString('base64')}`;
}
