import { createHash } from 'node:crypto';
import { draw } from '../../host/timings.js';
import { AwsError } from '../../kernel.js';
import type { SsmContext } from '../context.js';
import { runShellScript } from './aws-run-shell-script.js';
import { parseDocument } from './content.js';
import type { CommandDocument } from './content.js';

/** One version of a document. It never changes. */
export interface DocumentVersion {
  version: string;
  content: string;
  format: 'JSON' | 'YAML';
  parsed: CommandDocument;
  createdAt: Date;
  versionName?: string | undefined;
  /** Hexadecimal SHA-256 of the content as it was given, byte by byte. */
  hash: string;
  /** Milliseconds since the epoch from which on it is `Active`. */
  activeFrom: number;
}

/** A document with all its versions. */
export interface StoredDocument {
  name: string;
  owner: string;
  versions: DocumentVersion[];
  defaultVersion: string;
  displayName?: string | undefined;
  targetType?: string | undefined;
  tags: { Key: string; Value: string }[];
}

/** SSM allows this many versions of a document. */
const maxVersions = 1000;

/** The documents of the account in this region, and those that AWS publishes. */
export class DocumentStore {
  readonly #documents = new Map<string, StoredDocument>();

  constructor(private readonly context: SsmContext) {
    const first = this.#version('1', runShellScript, 'JSON');
    this.#documents.set('AWS-RunShellScript', {
      name: 'AWS-RunShellScript',
      owner: 'Amazon',
      versions: [{ ...first, activeFrom: 0 }],
      defaultVersion: '1',
      tags: [],
    });
  }

  all(): StoredDocument[] {
    return [...this.#documents.values()];
  }

  /** By name or ARN. */
  get(nameOrArn: string): StoredDocument {
    const name = nameOrArn.startsWith('arn:') ? nameOrArn.replace(/^.*:document\//, '') : nameOrArn;
    const document = this.#documents.get(name);
    if (!document) {
      throw new AwsError('InvalidDocument', `Document with name ${name} does not exist.`);
    }
    return document;
  }

  /** By number, `$LATEST` or `$DEFAULT`, which is also the default. */
  version(document: StoredDocument, version = '$DEFAULT'): DocumentVersion {
    const latest = latestOf(document);
    if (version === '$LATEST') {
      return latest;
    }
    const wanted = version === '$DEFAULT' ? document.defaultVersion : version;
    const found = document.versions.find((candidate) => candidate.version === wanted);
    if (!found) {
      throw new AwsError(
        'InvalidDocumentVersion',
        `The document version is not valid or does not exist: ${document.name} version ${version}`,
      );
    }
    return found;
  }

  isActive({ activeFrom }: DocumentVersion): boolean {
    return this.context.clock.now() >= activeFrom;
  }

  create(input: {
    name: string;
    content: string;
    format: 'JSON' | 'YAML';
    versionName?: string | undefined;
    displayName?: string | undefined;
    targetType?: string | undefined;
    tags?: { Key: string; Value: string }[] | undefined;
  }): StoredDocument {
    if (/^(aws|amazon|amzn)/i.test(input.name)) {
      throw new AwsError('ValidationException', `Document name ${input.name} begins with a reserved prefix.`);
    }
    if (this.#documents.has(input.name)) {
      throw new AwsError('DocumentAlreadyExists', `Document with name ${input.name} already exists.`);
    }
    const document: StoredDocument = {
      name: input.name,
      owner: this.context.accountId,
      versions: [{ ...this.#version('1', input.content, input.format), versionName: input.versionName }],
      defaultVersion: '1',
      displayName: input.displayName,
      targetType: input.targetType,
      tags: input.tags ?? [],
    };
    this.#documents.set(input.name, document);
    return document;
  }

  /** Adds a version. The default stays where it is. */
  update(
    document: StoredDocument,
    content: string,
    format: 'JSON' | 'YAML',
    versionName?: string,
  ): DocumentVersion {
    this.#refuseForeign(document);
    if (document.versions.length >= maxVersions) {
      throw new AwsError('DocumentVersionLimitExceeded', 'The document has too many versions.');
    }
    const next = this.#version(String(Number(latestOf(document).version) + 1), content, format);
    if (document.versions.some(({ hash }) => hash === next.hash)) {
      throw new AwsError(
        'DuplicateDocumentContent',
        'The content of the document is the same as that of another version of it.',
      );
    }
    if (versionName !== undefined && document.versions.some((other) => other.versionName === versionName)) {
      throw new AwsError(
        'DuplicateDocumentVersionName',
        'The version name is already used in this document.',
      );
    }
    const version = { ...next, versionName };
    document.versions.push(version);
    return version;
  }

  setDefault(document: StoredDocument, version: string): void {
    this.#refuseForeign(document);
    document.defaultVersion = this.version(document, version).version;
  }

  /** The whole document, or one version of it that is not its default. */
  delete(document: StoredDocument, version: string | undefined): void {
    this.#refuseForeign(document);
    if (version === undefined) {
      this.#documents.delete(document.name);
      return;
    }
    const found = this.version(document, version);
    if (found.version === document.defaultVersion) {
      throw new AwsError('InvalidDocumentOperation', 'The default version of a document cannot be deleted.');
    }
    document.versions.splice(document.versions.indexOf(found), 1);
  }

  #refuseForeign({ owner, name }: StoredDocument): void {
    if (owner === 'Amazon') {
      throw new AwsError('AccessDeniedException', `Document ${name} is owned by AWS.`);
    }
  }

  #version(version: string, content: string, format: 'JSON' | 'YAML'): DocumentVersion {
    const { clock, random, timings } = this.context;
    return {
      version,
      content,
      format,
      parsed: parseDocument(content, format),
      createdAt: new Date(clock.now()),
      hash: createHash('sha256').update(content).digest('hex'),
      activeFrom: clock.now() + draw(random, timings.documentCreation),
    };
  }
}

/** The newest version of a document; there always is one. */
export function latestOf({ versions, name }: StoredDocument): DocumentVersion {
  const latest = versions.at(-1);
  if (!latest) {
    throw new AwsError('InvalidDocument', `Document ${name} has no version.`);
  }
  return latest;
}
