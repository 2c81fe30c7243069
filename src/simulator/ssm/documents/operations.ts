import { z } from 'zod';
import { AwsError } from '../../kernel.js';
import type { Operation } from '../../kernel.js';
import { shapes, ssmOperation, validationError } from '../operation.js';
import { page } from '../pages.js';
import { latestOf } from './store.js';
import type { DocumentStore, DocumentVersion, StoredDocument } from './store.js';

const format = z.enum(['JSON', 'YAML', 'TEXT']).default('JSON');
const tags = z.array(z.object({ Key: z.string().min(1).max(128), Value: z.string().max(256) })).max(1000);

/** The actions on documents. */
export function documentOperations(store: DocumentStore): Record<string, Operation> {
  return {
    CreateDocument: ssmOperation(
      z.object({
        Content: z.string().min(1),
        Name: shapes.newDocumentName,
        DocumentType: z.string().default('Command'),
        DocumentFormat: format,
        VersionName: z
          .string()
          .regex(/^[a-zA-Z0-9_\-.]{1,128}$/)
          .optional(),
        DisplayName: z.string().max(1024).optional(),
        TargetType: z.string().max(200).optional(),
        Tags: tags.optional(),
      }),
      (input) => {
        if (input.DocumentType !== 'Command') {
          throw new AwsError(
            'InvalidDocumentContent',
            `Documents of type ${input.DocumentType} are not simulated.`,
          );
        }
        const document = store.create({
          name: input.Name,
          content: input.Content,
          format: textFormat(input.DocumentFormat),
          versionName: input.VersionName,
          displayName: input.DisplayName,
          targetType: input.TargetType,
          tags: input.Tags,
        });
        return { DocumentDescription: describe(store, document, latestOf(document)) };
      },
    ),
    UpdateDocument: ssmOperation(
      z.object({
        Content: z.string().min(1),
        Name: shapes.documentName,
        DocumentVersion: shapes.documentVersion.optional(),
        DocumentFormat: format,
        VersionName: z
          .string()
          .regex(/^[a-zA-Z0-9_\-.]{1,128}$/)
          .optional(),
      }),
      (input) => {
        const document = store.get(input.Name);
        const updated = store.version(document, input.DocumentVersion);
        if (updated !== latestOf(document)) {
          throw new AwsError(
            'InvalidDocumentVersion',
            'Only the latest version of a document can be updated.',
          );
        }
        const version = store.update(
          document,
          input.Content,
          textFormat(input.DocumentFormat),
          input.VersionName,
        );
        return { DocumentDescription: describe(store, document, version) };
      },
    ),
    UpdateDocumentDefaultVersion: ssmOperation(
      z.object({ Name: shapes.newDocumentName, DocumentVersion: z.string().regex(/^[1-9][0-9]*$/) }),
      (input) => {
        const document = store.get(input.Name);
        store.setDefault(document, input.DocumentVersion);
        return { Description: { Name: document.name, DefaultVersion: document.defaultVersion } };
      },
    ),
    GetDocument: ssmOperation(
      z.object({
        Name: shapes.documentName,
        DocumentVersion: shapes.documentVersion.optional(),
        DocumentFormat: z.enum(['JSON', 'YAML', 'TEXT']).optional(),
      }),
      (input) => {
        const document = store.get(input.Name);
        const version = store.version(document, input.DocumentVersion);
        return {
          Name: document.name,
          ...optional({ DisplayName: document.displayName, VersionName: version.versionName }),
          CreatedDate: version.createdAt,
          DocumentVersion: version.version,
          Status: statusOf(store, document, version),
          Content: version.content,
          DocumentType: 'Command',
          DocumentFormat: version.format,
        };
      },
    ),
    DescribeDocument: ssmOperation(
      z.object({ Name: shapes.documentName, DocumentVersion: shapes.documentVersion.optional() }),
      (input) => {
        const document = store.get(input.Name);
        return { Document: describe(store, document, store.version(document, input.DocumentVersion)) };
      },
    ),
    DeleteDocument: ssmOperation(
      z.object({
        Name: shapes.newDocumentName,
        DocumentVersion: shapes.documentVersion.optional(),
        Force: z.boolean().optional(),
      }),
      (input) => {
        store.delete(store.get(input.Name), input.DocumentVersion);
        return {};
      },
    ),
    ListDocuments: listDocuments(store),
  };
}

function listDocuments(store: DocumentStore): Operation {
  return ssmOperation(
    z.object({
      Filters: z
        .array(z.object({ Key: z.string(), Values: z.array(z.string()).default([]) }))
        .max(6)
        .optional(),
      MaxResults: shapes.pageSize.optional(),
      NextToken: shapes.nextToken.optional(),
    }),
    (input) => {
      const matching = store
        .all()
        .filter((document) =>
          (input.Filters ?? []).every(({ Key, Values }) => isListed(document, Key, Values)),
        );
      const { items, ...more } = page(matching, ({ name }) => name, input, 50);
      return { DocumentIdentifiers: items.map(identify), ...more };
    },
  );
}

function isListed(document: StoredDocument, key: string, values: string[]): boolean {
  switch (key) {
    case 'Owner':
      return values.some((value) =>
        value === 'Self' || value === 'Private'
          ? document.owner !== 'Amazon'
          : value === 'All' || value === document.owner,
      );
    case 'Name':
      return values.some((value) => document.name.startsWith(value));
    case 'DocumentType':
      return values.includes('Command');
    case 'PlatformTypes':
      return values.includes('Linux');
    default:
      if (key.startsWith('tag:')) {
        return document.tags.some((tag) => `tag:${tag.Key}` === key && values.includes(tag.Value));
      }
      throw new AwsError('InvalidFilterKey', `The filter key ${key} is not valid.`);
  }
}

function identify(document: StoredDocument): object {
  const latest = latestOf(document);
  return {
    Name: document.name,
    CreatedDate: latest.createdAt,
    Owner: document.owner,
    PlatformTypes: ['Linux'],
    DocumentVersion: document.defaultVersion,
    DocumentType: 'Command',
    SchemaVersion: latest.parsed.schemaVersion,
    DocumentFormat: latest.format,
    Tags: document.tags,
  };
}

function describe(store: DocumentStore, document: StoredDocument, version: DocumentVersion): object {
  const parameters = Object.entries(version.parsed.parameters).map(([name, parameter]) => ({
    Name: name,
    Type: parameter.type === 'StringList' ? 'StringList' : 'String',
    ...optional({ Description: parameter.description }),
    ...(parameter.default !== undefined && { DefaultValue: defaultText(parameter.default) }),
  }));
  return {
    Hash: version.hash,
    HashType: 'Sha256',
    Name: document.name,
    ...optional({ DisplayName: document.displayName, VersionName: version.versionName }),
    Owner: document.owner,
    CreatedDate: version.createdAt,
    Status: statusOf(store, document, version),
    DocumentVersion: version.version,
    ...optional({ Description: version.parsed.description }),
    Parameters: parameters,
    PlatformTypes: platforms(version),
    DocumentType: 'Command',
    SchemaVersion: version.parsed.schemaVersion,
    LatestVersion: latestOf(document).version,
    DefaultVersion: document.defaultVersion,
    DocumentFormat: version.format,
    ...optional({ TargetType: document.targetType }),
    Tags: document.tags,
  };
}

function platforms({ parsed }: DocumentVersion): string[] {
  const isLinux = parsed.mainSteps.some(({ action }) => action === 'aws:runShellScript');
  const isWindows = parsed.mainSteps.some(({ action }) => action === 'aws:runPowerShellScript');
  return [...(isWindows ? ['Windows'] : []), ...(isLinux ? ['Linux', 'MacOS'] : [])];
}

function statusOf(store: DocumentStore, document: StoredDocument, version: DocumentVersion): string {
  if (store.isActive(version)) {
    return 'Active';
  }
  return version === document.versions[0] ? 'Creating' : 'Updating';
}

const defaultText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Leaves members out that are not there. */
const optional = <T extends object>(members: T): Partial<T> => {
  const present: Partial<T> = { ...members };
  for (const key in present) {
    if (present[key] === undefined) {
      delete present[key];
    }
  }
  return present;
};

function textFormat(format: 'JSON' | 'YAML' | 'TEXT'): 'JSON' | 'YAML' {
  if (format === 'TEXT') {
    throw validationError('A Command document is JSON or YAML.');
  }
  return format;
}
