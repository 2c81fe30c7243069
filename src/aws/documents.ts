import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  CreateDocumentCommand,
  DeleteDocumentCommand,
  DescribeDocumentCommand,
  DocumentAlreadyExists,
  DuplicateDocumentContent,
  GetDocumentCommand,
  InvalidDocument,
  InvalidDocumentVersion,
  type SSMClient,
  UpdateDocumentCommand,
  UpdateDocumentDefaultVersionCommand,
} from '@aws-sdk/client-ssm';
import { documentNames, type DocumentRef, type DocumentRole, type Documents } from '../model/names.js';
import { isDenied } from './looks.js';
import { readPackageFile } from './package-files.js';

/** A document of our name holds something else. */
export class ForeignDocument extends Error {
  override readonly name = 'ForeignDocument';
}

/** What became of a document. */
export interface PutDocument extends DocumentRef {
  change: 'created' | 'updated' | 'unchanged';
}

const roles: readonly DocumentRole[] = ['check', 'apply', 'reboot'];

/** The content that a document of ours must have. */
const documentContent = (role: DocumentRole): Promise<string> =>
  readPackageFile('deploy', 'ssm', `${documentNames[role]}.json`);

/**
 * Makes the three SSM documents be there with our content. One that is there with another is left alone and reported by
 * {@link ForeignDocument}, unless `update` allows a new version of it.
 */
export async function putDocuments(
  ssm: SSMClient,
  update: boolean,
): Promise<{ documents: Documents; changes: PutDocument[] }> {
  return together(async (role) => putDocument(ssm, documentNames[role], await documentContent(role), update));
}

async function together(
  each: (role: DocumentRole) => Promise<PutDocument>,
): Promise<{ documents: Documents; changes: PutDocument[] }> {
  const [check, apply, reboot] = await Promise.all(roles.map(each));
  if (!check || !apply || !reboot) throw new TypeError('a document is missing');
  const ref = ({ name, version, hash }: PutDocument): DocumentRef => ({ name, version, hash });
  return {
    documents: { check: ref(check), apply: ref(apply), reboot: ref(reboot) },
    changes: [check, apply, reboot],
  };
}

/** What {@link putDocuments} would do, without doing it: the documents as they would be then, and what it would refuse to do without `update`. */
export async function planDocuments(
  ssm: SSMClient,
  update: boolean,
): Promise<{ documents: Documents; changes: PutDocument[]; refusals: ForeignDocument[] }> {
  const refusals: ForeignDocument[] = [];
  const planned = await together(async (role) => {
    const name = documentNames[role];
    const content = await documentContent(role);
    const hash = hashOf(content);
    const found = await describe(ssm, name);
    if (!found) return { name, version: '1', hash, change: 'created' };
    const ours = await versionOfOurs(ssm, name, content, found);
    if (ours) return { name, version: ours.version, hash: ours.hash, change: 'unchanged' };
    if (!update) refusals.push(foreign(name, found, hash));
    const version = (await versionWith(ssm, name, found, hash)) ?? String(Number(found.latest) + 1);
    return { name, version, hash, change: 'updated' };
  });
  return { ...planned, refusals };
}

/** Deletes the three documents; those that are not there are passed over. Returns the names of the deleted. */
export async function deleteDocuments(ssm: SSMClient): Promise<string[]> {
  const deleted: string[] = [];
  for (const role of roles) {
    const name = documentNames[role];
    if (!(await describe(ssm, name))) continue;
    await ssm.send(new DeleteDocumentCommand({ Name: name }));
    deleted.push(name);
  }
  return deleted;
}

/** SSM's own hash of a document is the SHA-256 of its content (API reference, DocumentDescription). */
const hashOf = (content: string): string => createHash('sha256').update(content).digest('hex');

const foreign = (name: string, found: { version: string; hash: string }, hash: string): ForeignDocument =>
  new ForeignDocument(
    `SSM document ${name} version ${found.version} is not this release's (hash ${found.hash}, ours ${hash}). ` +
      'Look at it, then allow a new version with --update-documents.',
  );

async function putDocument(
  ssm: SSMClient,
  name: string,
  content: string,
  update: boolean,
): Promise<PutDocument> {
  const hash = hashOf(content);
  const found = await describe(ssm, name);
  if (!found && (await create(ssm, name, content))) {
    await becomeActive(ssm, name, '1');
    return { name, version: '1', hash, change: 'created' };
  }
  const existing = found ?? (await describe(ssm, name));
  if (!existing) throw new Error(`SSM document ${name} is there, by SSM's word, and is not. Try again.`);
  const ours = await versionOfOurs(ssm, name, content, existing);
  if (ours) {
    if (ours.status !== 'Active') await becomeActive(ssm, name, ours.version);
    return { name, version: ours.version, hash: ours.hash, change: 'unchanged' };
  }
  if (!update) throw foreign(name, existing, hash);
  const version = (await addVersion(ssm, name, content)) ?? (await versionWith(ssm, name, existing, hash));
  if (version === null) throw new Error(`SSM document ${name} has no version with hash ${hash}.`);
  await becomeActive(ssm, name, version);
  await ssm.send(new UpdateDocumentDefaultVersionCommand({ Name: name, DocumentVersion: version }));
  return { name, version, hash, change: 'updated' };
}

/** Creates a document; false: it is there, made by somebody else meanwhile, or by a request of ours whose answer was lost. */
async function create(ssm: SSMClient, name: string, content: string): Promise<boolean> {
  try {
    await ssm.send(
      new CreateDocumentCommand({
        Name: name,
        Content: content,
        DocumentType: 'Command',
        DocumentFormat: 'JSON',
      }),
    );
    return true;
  } catch (err) {
    if (err instanceof DocumentAlreadyExists) return false;
    throw err;
  }
}

/** Adds a version to a document and returns it; null: SSM has one with this content already, and takes no second (API reference). */
async function addVersion(ssm: SSMClient, name: string, content: string): Promise<string | null> {
  try {
    const { DocumentDescription: added } = await ssm.send(
      new UpdateDocumentCommand({
        Name: name,
        Content: content,
        DocumentVersion: '$LATEST',
        DocumentFormat: 'JSON',
      }),
    );
    return added?.DocumentVersion ?? null;
  } catch (err) {
    if (err instanceof DuplicateDocumentContent) return null;
    throw err;
  }
}

/** The newest version of a document with this hash; null: there is none. */
async function versionWith(
  ssm: SSMClient,
  name: string,
  { latest }: { latest: string },
  hash: string,
): Promise<string | null> {
  for (let number = Number(latest); number > 0; number--) {
    const version = String(number);
    if ((await describe(ssm, name, version))?.hash === hash) return version;
  }
  return null;
}

/** A version of a document as SSM describes it. */
interface Described {
  version: string;
  hash: string;
  status: string;
  /** The newest version. */
  latest: string;
}

/**
 * The version of a document that is ours: the default one, or the newest, which CloudFormation does not always make the default
 * (aws-cloudformation/cloudformation-coverage-roadmap#2539). It may be ours in other words: CloudFormation writes JSON anew.
 */
async function versionOfOurs(
  ssm: SSMClient,
  name: string,
  content: string,
  found: Described,
): Promise<Described | null> {
  if (await isOurs(ssm, name, content, found)) return found;
  if (found.latest === found.version) return null;
  const newest = await describe(ssm, name, found.latest);
  return newest && (await isOurs(ssm, name, content, newest)) ? newest : null;
}

async function isOurs(
  ssm: SSMClient,
  name: string,
  content: string,
  { version, hash }: Described,
): Promise<boolean> {
  if (hash === hashOf(content)) return true;
  try {
    const { Content } = await ssm.send(new GetDocumentCommand({ Name: name, DocumentVersion: version }));
    return isDeepStrictEqual(asJson(Content ?? ''), JSON.parse(content));
  } catch (err) {
    // Whoever may not read it can still compare hashes.
    if (isDenied(err)) return false;
    throw err;
  }
}

/** What a text says as JSON; undefined: it is none. */
function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function describe(ssm: SSMClient, name: string, version?: string): Promise<Described | null> {
  try {
    const { Document } = await ssm.send(
      new DescribeDocumentCommand({ Name: name, ...(version && { DocumentVersion: version }) }),
    );
    return {
      version: Document?.DocumentVersion ?? '',
      hash: Document?.Hash ?? '',
      status: Document?.Status ?? '',
      latest: Document?.LatestVersion ?? '',
    };
  } catch (err) {
    // A version can be deleted, too.
    if (err instanceof InvalidDocument || err instanceof InvalidDocumentVersion) return null;
    throw err;
  }
}

const activeWithinMs = 30_000;

/** A new document is `Creating` for a moment and cannot be sent. */
async function becomeActive(ssm: SSMClient, name: string, version: string): Promise<void> {
  const deadline = Date.now() + activeWithinMs;
  for (;;) {
    const status = (await describe(ssm, name, version))?.status;
    if (status === 'Active') return;
    if (status === 'Failed' || Date.now() > deadline) {
      throw new Error(`SSM document ${name} version ${version} is ${status ?? 'missing'}, not Active.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
