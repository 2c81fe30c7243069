import { readFile, stat } from 'node:fs/promises';
import { text as readStream } from 'node:stream/consumers';
import { z } from 'zod';
import { clusterSchema, fileSchema } from './file-schema.js';
import { pathText, problemsOf } from './issues.js';
import { isModuleFile, readModule } from './module-file.js';
import { readClusterArn } from './places.js';
import { ConfigFileError, type Problem } from './problem.js';
import { type FieldPath, type ReadFile, readYaml, type SourceText } from './yaml-file.js';

/** A cluster of the file, with all that the defaults add. */
export type ClusterConfig = z.output<typeof clusterSchema>;

/** A configuration file that was read and found right. */
export interface Config {
  file: string;
  /** Name of the file itself; null: it has none. */
  name: string | null;
  clusters: ClusterConfig[];
  /** Where a field of the cluster with this number stands, as `ecs-updater.yaml:7:5: clusters[0].region`; for what is found only later. */
  where: (cluster: number, ...field: string[]) => string;
}

/** The file that is read where none is named. */
export const defaultFile = 'ecs-updater.yaml';

/** Thousands of clusters fit in: more is the wrong file. */
const mostBytes = 262_144;

/** What holds where neither cluster nor defaults say anything. */
type Base = { installation?: string };

/** Reads a configuration file, or runs it if it is a module; `-` is the standard input. Throws {@link ConfigFileError}. */
export async function loadConfig(file: string, base: Base = {}): Promise<Config> {
  const text = await readText(file);
  if (isModuleFile(file)) return checkConfig(await readModule(file), file, base);
  return parseConfig({ file: file === '-' ? '<stdin>' : file, text }, base);
}

/** Reads a configuration. Throws {@link ConfigFileError}. */
export const parseConfig = (source: SourceText, base: Base = {}): Config =>
  checkConfig(readYaml(source), source.file, base);

/** Checks what was read, and fills in what is missing; messages call it by `name`. Throws {@link ConfigFileError}. */
export function checkConfig(file: ReadFile, name: string, base: Base = {}): Config {
  const found = fileSchema.safeParse(file.data, { reportInput: true });
  if (!found.success) throw refusal(problemsOf(found.error.issues, file), file);
  const written = asWritten.parse(file.data);
  const issues: z.core.$ZodIssue[] = [];
  const clusters = written.clusters.flatMap((cluster, number) => {
    const complete = clusterSchema.safeParse(completed(base, written.defaults ?? {}, cluster), {
      reportInput: true,
    });
    if (complete.success) return [complete.data];
    issues.push(...complete.error.issues.map((one) => ({ ...one, path: ['clusters', number, ...one.path] })));
    return [];
  });
  if (issues.length > 0) throw refusal(problemsOf(issues, file, { filledIn: true }), file);
  const place = (...path: FieldPath): string => file.place(file.offsetOf(path));
  const contradictions = contradictionsIn(clusters, written.clusters, (number) => place('clusters', number));
  if (contradictions.length > 0) throw new ConfigFileError(contradictions);
  return {
    file: name,
    name: written.name ?? null,
    clusters,
    where: (number, ...field) =>
      `${place('clusters', number, ...field)}: ${pathText(['clusters', number, ...field])}`,
  };
}

const fields = z.record(z.string(), z.unknown());

/** The file before anything is filled in. */
const asWritten = z.object({
  name: z.string().optional(),
  defaults: fields.nullish(),
  clusters: z.array(fields),
});

type Fields = z.output<typeof fields>;

/** Parts of a cluster that are filled in field by field; everything else of a cluster replaces what the defaults have. */
const groups = ['schedule', 'selection', 'assumeRole'] as const;

/** A cluster with what the defaults have, and its name and Region. */
function completed(base: Fields, defaults: Fields, cluster: Fields): Fields {
  const arn = readClusterArn(String(cluster['cluster']));
  const merged: Fields = {
    ...base,
    ...defaults,
    name: arn?.name ?? cluster['cluster'],
    ...(arn && { region: arn.region }),
    ...withoutEmpty(cluster),
  };
  for (const group of groups) {
    const [ours, theirs] = [fields.safeParse(cluster[group]), fields.safeParse(defaults[group])];
    if (ours.success && theirs.success) merged[group] = { ...theirs.data, ...ours.data };
  }
  return { schedule: {}, ...withoutEmpty(merged) };
}

/** A group under which everything is commented out is as good as none; but `assumeRole: null` takes the role of the defaults back. */
const withoutEmpty = (given: Fields): Fields =>
  Object.fromEntries(
    Object.entries(given).filter(
      ([name, value]) =>
        value !== null || !(['schedule', 'selection', 'notifications'] as readonly string[]).includes(name),
    ),
  );

/** What is right in each cluster, but wrong beside the others. */
function contradictionsIn(
  clusters: readonly ClusterConfig[],
  written: readonly Fields[],
  place: (cluster: number) => string,
): string[] {
  const byName = new Map<string, number>();
  const byCluster = new Map<string, number>();
  return clusters.flatMap(({ name, cluster, region, assumeRole }, number) => {
    const at = `${place(number)}: clusters[${number}]`;
    const arn = readClusterArn(cluster);
    if (arn && arn.region !== region) {
      return [`${at}.region "${region}" is not that of the ARN, ${arn.region}. Leave it out.`];
    }
    const same = byName.get(name);
    if (same !== undefined) {
      const remedy =
        written[number]?.['name'] === undefined ? 'Give it a name of its own by name' : 'Give it another';
      return [`${at} has the name ${name}, as clusters[${same}] has. ${remedy}.`];
    }
    byName.set(name, number);
    const account = arn?.account ?? assumeRole?.roleArn.split(':')[4] ?? '';
    const key = [account, region, arn?.name ?? cluster].join(' ');
    const twin = byCluster.get(key);
    if (twin !== undefined) {
      return [
        `${at} is the ECS cluster of clusters[${twin}]. One of its rollouts would work against the other: leave one out.`,
      ];
    }
    byCluster.set(key, number);
    return [];
  });
}

/** More are of one kind, or it is the wrong file. */
const mostProblems = 25;

function refusal(problems: readonly Problem[], file: ReadFile): ConfigFileError {
  const lines = problems
    .slice(0, mostProblems)
    .map(({ offset, message }) => `${file.place(offset)}: ${message}`);
  const more = problems.length - lines.length;
  return new ConfigFileError(more > 0 ? [...lines, `and ${more} more.`] : lines);
}

/** The text of a file. Throws {@link ConfigFileError} where there is none. */
async function readText(file: string): Promise<string> {
  if (file === '-') return readStream(process.stdin);
  try {
    const { size } = await stat(file);
    if (size > mostBytes) {
      throw new ConfigFileError([`${file} has ${size} bytes; a configuration has at most ${mostBytes}.`]);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (err) {
    throw unreadable(file, err);
  }
}

function unreadable(file: string, err: unknown): unknown {
  const code = err instanceof Error && 'code' in err ? err.code : undefined;
  switch (code) {
    case 'ENOENT':
      return new ConfigFileError([`there is no file ${file}. Write one with: ecs-updater init -f ${file}`]);
    case 'EISDIR':
      return new ConfigFileError([`${file} is a folder, not a file.`]);
    case 'EACCES':
    case 'EPERM':
      return new ConfigFileError([`${file} may not be read by this user.`]);
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return new ConfigFileError([`${file} is not text in UTF-8.`]);
    default:
      return err;
  }
}
