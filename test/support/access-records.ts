import { z } from 'zod';
import type { AccessRequest } from '../../src/simulator/iam/request.js';

/** Which of the policies that we ship a request was held against. */
export type PolicyName = 'worker' | 'operator';

const recordSchema = z.strictObject({
  by: z.enum(['worker', 'operator']),
  action: z.string(),
  resource: z.string(),
  context: z.record(z.string(), z.array(z.string())),
});

/** A kind of request that was allowed, with placeholders as the policies have them. */
export type AccessRecord = z.infer<typeof recordSchema>;

/** Reads what {@link writeRecords} wrote. */
export const readRecords = (text: string): AccessRecord[] => z.array(recordSchema).parse(JSON.parse(text));

/** Reads records that stand one on a line. */
export const readLines = (text: string): AccessRecord[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => recordSchema.parse(JSON.parse(line)));

const keyOf = ({ by, action, resource, context }: AccessRecord): string =>
  JSON.stringify([by, action, resource, Object.entries(context).toSorted(([a], [b]) => (a < b ? -1 : 1))]);

/** Records in order, each once. */
const sorted = (records: readonly AccessRecord[]): AccessRecord[] =>
  [...new Map(records.map((record) => [keyOf(record), record]))]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, record]) => record);

/** The file that stands in the repository. */
export const writeRecords = (records: readonly AccessRecord[]): string =>
  `[\n${sorted(records)
    .map((record) => `  ${JSON.stringify(record)}`)
    .join(',\n')}\n]\n`;

/** Records of the first that the second has not. */
export function without(records: readonly AccessRecord[], others: readonly AccessRecord[]): AccessRecord[] {
  const known = new Set(others.map(keyOf));
  return sorted(records).filter((record) => !known.has(keyOf(record)));
}

/** Condition keys that the policies have; tags count where they are those of a host. */
const toldApart =
  /^(aws:RequestedRegion|aws:TagKeys|ecs:cluster|kms:EncryptionContext:application|(aws:ResourceTag|ssm:resourceTag)\/ecs-updater\.cluster)$/;

/** A request as one of its kind: what names this account, cluster or instance makes place for a placeholder, or for one name for all. */
export function kindOf({ action, resource, context }: AccessRequest): Omit<AccessRecord, 'by'> {
  const kept = Object.entries(context).filter(
    ([key]) => toldApart.test(key) && !(action.startsWith('ecs:') && key.startsWith('aws:ResourceTag/')),
  );
  return {
    action,
    resource: kindOfText(resource),
    context: Object.fromEntries(
      kept.map(([key, values]) => [key, [...new Set(values.map((value) => kindOfValue(key, value)))]]),
    ),
  };
}

function kindOfValue(key: string, value: string): string {
  if (key === 'aws:RequestedRegion') return '${AWS::Region}';
  if (key.endsWith('/ecs-updater.cluster')) return '${ClusterName}';
  return kindOfText(value).replace(/\d+\.\d+\.\d+$/, '1.26.1');
}

function kindOfText(text: string): string {
  const [, service, region, account, type, rest = ''] =
    /^arn:aws:(\w+):([^:]*):([^:]*):([\w.-]+)\/?(.*)$/.exec(text) ?? [];
  if (service === undefined || type === undefined) return text;
  const place = `arn:\${AWS::Partition}:${service}:${region ? '${AWS::Region}' : ''}:${account ? '${AWS::AccountId}' : ''}`;
  if (service === 'sns') return `${place}:${type}`;
  if (service === 'ecs' && type === 'cluster') return `${place}:cluster/\${ClusterName}`;
  if (service === 'ecs' && rest.includes('/')) return `${place}:${type}/\${ClusterName}/one`;
  return `${place}:${type}/${type === 'document' || type === 'role' ? rest : 'one'}`;
}
