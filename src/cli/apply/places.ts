import { type AwsClients, clientsByPlace } from '../../aws/clients.js';
import { ClusterNotFound, findCluster, refusalOfExpression } from '../../aws/cluster.js';
import { planDocuments } from '../../aws/documents.js';
import { awsFact } from '../../aws/errors.js';
import { remedyOfError } from '../../aws/looks.js';
import { settingsOf } from '../../config/cluster-settings.js';
import type { ClusterConfig, Config } from '../../config/load.js';
import type { ClusterRef, Documents } from '../../model/names.js';
import { assumedRole } from '../shared/config-file.js';
import { exitCodes } from '../shared/errors.js';
import type { DocumentsPlan, Obstacle } from './plan.js';

/** A cluster of the file as AWS knows it. */
export interface FoundCluster {
  number: number;
  cluster: ClusterConfig;
  ref: ClusterRef;
  documents: Documents;
  documentsPlan: DocumentsPlan;
}

/** Finds every cluster of a file, and what its account has of the documents. Changes nothing. */
export async function findPlaces(
  config: Config,
  { updateDocuments }: { updateDocuments: boolean },
): Promise<{ found: FoundCluster[]; plans: DocumentsPlan[]; obstacles: Obstacle[] }> {
  const clientsOf = clientsByPlace();
  const obstacles: Obstacle[] = [];
  const looks = await Promise.all(
    config.clusters.map(async (cluster, number) => {
      try {
        const ref = await refOf(cluster, clientsOf);
        const clients = clientsOf(ref);
        obstacles.push(...(await expressionObstacles(config, number, clients, ref.arn)));
        return [{ number, cluster, ref, clients }];
      } catch (err) {
        obstacles.push(obstacleOf(err, config.where(number, 'cluster')));
        return [];
      }
    }),
  );
  const looked = looks.flat();
  obstacles.push(...twins(config, looked));
  const byPlace = new Map<string, Promise<{ plan: DocumentsPlan; documents: Documents } | null>>();
  const found = await Promise.all(
    looked.map(async ({ clients, ...one }) => {
      const place = `${one.ref.region}, account ${one.ref.arn.split(':')[4] ?? 'unknown'}`;
      const planning = byPlace.get(place) ?? documentsOf(place, clients, updateDocuments, obstacles);
      byPlace.set(place, planning);
      const planned = await planning;
      return planned ? [{ ...one, documents: planned.documents, documentsPlan: planned.plan }] : [];
    }),
  );
  const plans = await Promise.all(byPlace.values());
  return {
    found: found.flat(),
    plans: plans.flatMap((planned) => (planned ? [planned.plan] : [])),
    obstacles,
  };
}

async function refOf(
  config: ClusterConfig,
  clientsOf: ReturnType<typeof clientsByPlace>,
): Promise<ClusterRef> {
  const { cluster, name, region } = config;
  const assume = assumedRole(config);
  const place = { region, ...(assume && { assume }) };
  const { arn } = await findCluster(clientsOf(place).ecs, cluster);
  return { name, arn, ...place };
}

async function expressionObstacles(
  config: Config,
  number: number,
  { ecs }: AwsClients,
  arn: string,
): Promise<Obstacle[]> {
  const cluster = config.clusters[number];
  const { include, exclude } = cluster ? settingsOf(cluster) : { include: null, exclude: null };
  const refusals = await Promise.all(
    Object.entries({ include, exclude }).map(async ([field, expression]) => {
      const why = expression === null ? null : await refusalOfExpression(ecs, arn, expression);
      return why === null
        ? []
        : [
            {
              line: `${config.where(number, 'selection', field)} '${expression}' is refused by ECS: ${why}`,
              exitCode: exitCodes.usage,
            },
          ];
    }),
  );
  return refusals.flat();
}

/** Two names for one cluster can look different in the file: only AWS tells. */
function twins(config: Config, found: readonly { number: number; ref: ClusterRef }[]): Obstacle[] {
  return found.flatMap(({ number, ref }) => {
    const first = found.find((other) => other.ref.arn === ref.arn);
    return first === undefined || first.number === number
      ? []
      : [
          {
            line: `${config.where(number, 'cluster')} is the ECS cluster of clusters[${first.number}], ${ref.arn}. Leave one out.`,
            exitCode: exitCodes.usage,
          },
        ];
  });
}

async function documentsOf(
  place: string,
  clients: AwsClients,
  update: boolean,
  obstacles: Obstacle[],
): Promise<{ plan: DocumentsPlan; documents: Documents } | null> {
  try {
    const { documents, changes, refusals } = await planDocuments(clients.ssm, update);
    for (const { message } of refusals)
      obstacles.push({ line: `${place}: ${message}`, exitCode: exitCodes.usage });
    return { plan: { place, clients, changes }, documents };
  } catch (err) {
    obstacles.push(obstacleOf(err, place));
    return null;
  }
}

function obstacleOf(err: unknown, subject: string): Obstacle {
  if (err instanceof ClusterNotFound) {
    return { line: `${subject}: ${err.fact}. Check name and region.`, exitCode: exitCodes.usage };
  }
  const fact = awsFact(err, subject);
  const remedy = remedyOfError(err);
  return {
    line: remedy === undefined ? fact : `${fact.replace(/\.$/, '')}. ${remedy}`,
    exitCode: exitCodes.failed,
  };
}
