import { createHash } from 'node:crypto';
import { Document, type Node, Scalar } from 'yaml';
import { type DocumentRole, documentNames } from '../model/names.js';

/** What a template makes of a statement of the policy that not every installation needs. */
type Optional =
  | {
      /** It is there under this condition of the template … */
      if: string;
      /** … and, if this is given, for what this parameter of the template lists, in the place of its own resources. */
      resources?: string;
    }
  | 'leave-out';

interface Template {
  path: string;
  /** What it makes of such statements, by their Sids. */
  optional: Record<string, Optional>;
  /** Statements of the operator's policy that it has as well, by their Sids. */
  alsoOfOperator?: readonly string[];
  /**
   * Resource after which documents are made and changed. Should it fail, they are as before: SSM takes no content back that was there
   * already (DuplicateDocumentContent), so CloudFormation could not undo their change.
   */
  documentsAfter?: string;
}

const templates: Template[] = [
  {
    path: 'deploy/cloudformation.yaml',
    optional: {
      RebootThroughEc2: { if: 'MayRebootThroughEc2' },
      PublishNotifications: { if: 'HasNotificationTopics', resources: 'NotificationTopicArns' },
      DecryptDataKeys: { if: 'HasEncryptionKmsKey', resources: 'EncryptionKmsKeyArn' },
      AssumeClusterRoles: { if: 'HasAssumableRoles', resources: 'AssumableRoleArns' },
    },
    documentsAfter: 'Service',
  },
  {
    path: 'deploy/cross-account-role.yaml',
    optional: {
      RebootThroughEc2: { if: 'MayRebootThroughEc2' },
      PublishNotifications: { if: 'HasNotificationTopics', resources: 'NotificationTopicArns' },
      // Who is assumed assumes nobody, and opens no keys: the worker does so as itself, when it starts.
      DecryptDataKeys: 'leave-out',
      AssumeClusterRoles: 'leave-out',
    },
    // Commands assume it, too: apply has to know the documents, which CloudFormation keeps in other words, and a purge what is written on instances.
    alsoOfOperator: ['FindAttributes', 'ReadDocuments'],
  },
];

const policyFile = 'deploy/iam-policy.json';
const operatorFile = 'deploy/iam-policy-operator.json';

/**
 * The CloudFormation templates by their paths, with the lines between `# begin …` and `# end …` written anew: `policy` from the policy
 * files, `documents` from the SSM documents. `read` reads a file of this repository by its path. Throws an error that names the file where
 * one does not fit the other.
 */
export const templateFiles = (read: (path: string) => string): Record<string, string> =>
  Object.fromEntries(
    templates.map(({ path, optional, alsoOfOperator = [], documentsAfter }) => {
      const policy = [
        ...statements(path, read(policyFile), optional),
        ...statementsOfOperator(path, read(operatorFile), alsoOfOperator),
      ];
      const text = withPart(path, read(path), 'policy', policy);
      return [path, withPart(path, text, 'documents', documents(read, documentsAfter))];
    }),
  );

function withPart(path: string, template: string, part: string, value: unknown): string {
  const place = new RegExp(`^( *)# begin ${part}\\b.*\\n(?:.*\\n)*?\\1# end ${part}$`, 'm');
  if (!place.test(template))
    throw new Error(`${path} has no lines from '# begin ${part}' to '# end ${part}'.`);
  const lines = yamlText(value).trimEnd().split('\n');
  return template.replace(place, (_, indent: string) =>
    [`# begin ${part}: written by \`npm run generate\`, do not edit`, ...lines, `# end ${part}`]
      .map((line) => `${indent}${line}`.trimEnd())
      .join('\n'),
  );
}

const yamlText = (value: unknown): string =>
  new Document(value).toString({
    lineWidth: 0,
    singleQuote: true,
    indentSeq: true,
    flowCollectionPadding: false,
  });

interface Statement {
  Sid: string;
  Resource: unknown;
}

function statements(path: string, policy: string, optional: Record<string, Optional>): unknown[] {
  const { Statement: all }: { Statement: Statement[] } = JSON.parse(policy);
  const unknown = Object.keys(optional).filter((sid) => !all.some(({ Sid }) => Sid === sid));
  if (unknown.length > 0) {
    throw new Error(
      `${policyFile} has no statement ${unknown.join(', ')}, of which ${path} makes an optional one. ` +
        `It has ${all.map(({ Sid }) => Sid).join(', ')}. Correct src/deploy/templates.ts.`,
    );
  }
  return all.flatMap((statement) => {
    const how = optional[statement.Sid];
    if (how === undefined) return [withSubs(statement)];
    if (how === 'leave-out') return [];
    const Resource = how.resources === undefined ? statement.Resource : call('Ref', how.resources);
    return [call('If', [how.if, withSubs({ ...statement, Resource }), call('Ref', 'AWS::NoValue')])];
  });
}

function statementsOfOperator(path: string, policy: string, sids: readonly string[]): unknown[] {
  const { Statement: all }: { Statement: Statement[] } = JSON.parse(policy);
  return sids.map((sid) => {
    const statement = all.find(({ Sid }) => Sid === sid);
    if (!statement)
      throw new Error(
        `${operatorFile} has no statement ${sid}, which ${path} takes from it. Correct src/deploy/templates.ts.`,
      );
    return withSubs(statement);
  });
}

/** A call of a function of CloudFormation. */
function call(name: string, argument: unknown): Node {
  const node = new Document(argument).contents ?? new Scalar(null);
  node.tag = `!${name}`;
  return node;
}

const hasPlaceholder = (value: unknown): boolean => typeof value === 'string' && value.includes('${');

/** A short list as `[a, b]`: what CloudFormation takes without a bucket is 51,200 bytes (CloudFormation user guide, quotas). */
function onOneLine(list: unknown[]): Node {
  const node = new Document().createNode(list);
  // No longer than the formatter leaves it.
  node.flow = JSON.stringify(list).length <= 80;
  return node;
}

/** The same, with its placeholders filled in by CloudFormation. */
function withSubs(value: unknown): unknown {
  if (typeof value === 'string') return hasPlaceholder(value) ? call('Sub', value) : value;
  if (Array.isArray(value)) return value.some(hasPlaceholder) ? value.map(withSubs) : onOneLine(value);
  if (typeof value !== 'object' || value === null || value instanceof Scalar) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withSubs(member)]));
}

/** What the templates call the documents. */
const resourceNames: Record<DocumentRole, string> = {
  check: 'CheckDocument',
  apply: 'ApplyDocument',
  reboot: 'RebootDocument',
};

function documents(read: (path: string) => string, after: string | undefined): unknown {
  const resource = (role: DocumentRole) => {
    const name = documentNames[role];
    const content = read(`deploy/ssm/${name}.json`);
    return {
      Type: 'AWS::SSM::Document',
      Condition: 'CreatesDocuments',
      ...(after !== undefined && { DependsOn: after }),
      Properties: {
        Name: name,
        DocumentType: 'Command',
        // The other method makes another document, and a name can be given only once.
        UpdateMethod: 'NewVersion',
        // Another one only where the content is another: SSM takes none twice.
        VersionName: createHash('sha256')
          .update(JSON.stringify(JSON.parse(content)))
          .digest('hex'),
        Content: JSON.parse(content),
      },
    };
  };
  return Object.fromEntries(
    (['check', 'apply', 'reboot'] as const).map((role) => [resourceNames[role], resource(role)]),
  );
}
