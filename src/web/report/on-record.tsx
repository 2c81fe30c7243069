import type { Child } from 'hono/jsx';
import type { RolloutRecord } from '../../model/rollout-record.js';
import { Instant } from '../times.js';
import type { Origin } from './origin.js';
import { Said } from '../said.js';

/** By what a rollout can be found again, what was sent to hosts, and who made this page. */
export function OnRecord({ record, origin }: { record: RolloutRecord; origin: Origin }) {
  const { cluster, rolloutId, workflowId, runIds, startedBy, workers, documents } = record;
  return (
    <section class="card">
      <h2>On record</h2>
      <dl class="facts long">
        <Fact name="Cluster">
          <code>{cluster.arn || cluster.name}</code> {cluster.region && `in ${cluster.region}`}
        </Fact>
        <Fact name="Rollout">
          <code>{rolloutId}</code>
        </Fact>
        <Fact name="Workflow">
          <code>{workflowId}</code> in {origin.place}
        </Fact>
        <Fact name={runIds.length === 1 ? 'Run' : 'Runs'}>
          {runIds.map((runId) => (
            <>
              <code>{runId}</code>{' '}
            </>
          ))}
        </Fact>
        <Fact name="Started by">{startedBy === null ? 'somebody, by hand' : <code>{startedBy}</code>}</Fact>
        <Fact name="Carried out by">
          {workers.map((worker, i) => (
            <>
              {i > 0 && ', '}
              <Said text={worker} />
            </>
          ))}
        </Fact>
        {documents &&
          Object.values(documents).map(({ name, version, hash }) => (
            <Fact name="SSM document">
              <code>{name}</code> version {version}, SHA-256 <code>{hash}</code>
            </Fact>
          ))}
        <Fact name="This page">
          made by <Said text={origin.by} /> at <Instant at={origin.at} /> with ecs-updater {origin.version}
        </Fact>
      </dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children?: Child }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
