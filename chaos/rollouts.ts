import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { clusterWorkflowId, instanceWorkflowId, steerWorkflowId, taskQueue } from '../src/model/names.js';
import type { RolloutReport } from '../src/model/report.js';
import type { RolloutInput } from '../src/model/steering.js';
import { putSchedule } from '../src/temporal/schedules.js';
import type { Site } from './site.js';

/** How a rollout ended: its status as Temporal has it, and its report if it gave one. */
export interface RolloutEnd {
  status: string;
  report: RolloutReport | null;
  /** What it failed with. */
  failure: string | null;
}

const lookEveryMs = 1000;

/** A cluster's rollouts, asked for as its Schedule would. */
export class Rollouts {
  #starts = 0;

  constructor(
    private readonly site: Site,
    readonly input: RolloutInput,
  ) {}

  get cluster(): string {
    return this.input.cluster.name;
  }

  /** Makes the cluster's Schedule, by which orders find it; it starts nothing by itself. */
  async schedule(): Promise<void> {
    const { client, ask } = this.site;
    const never = { cron: ['0 0 1 1 *'], timeZone: 'Etc/UTC', jitterMs: 0 };
    await ask(() => putSchedule(client, this.input, never));
  }

  /** Asks for a rollout; returns the id of the workflow that starts it. */
  async start(): Promise<string> {
    this.#starts += 1;
    const workflowId = `${clusterWorkflowId(this.cluster)}:start-${this.#starts}`;
    const { client, ask } = this.site;
    await ask(() =>
      client.workflow.start('startRollout', {
        workflowId,
        taskQueue,
        args: [this.input],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      }),
    );
    return workflowId;
  }

  /** Status of a workflow; null: there is none. */
  async status(workflowId: string): Promise<string | null> {
    const { client, ask } = this.site;
    try {
      const { status } = await ask(() => client.workflow.getHandle(workflowId).describe());
      return status.name;
    } catch (err) {
      if (err instanceof WorkflowNotFoundError) return null;
      throw err;
    }
  }

  /** Waits until a workflow has closed; false: it has not within the time. */
  async closed(workflowId: string, limitMs: number): Promise<boolean> {
    const deadline = Date.now() + limitMs;
    while ((await this.status(workflowId)) === 'RUNNING') {
      if (Date.now() > deadline) return false;
      await sleep(lookEveryMs);
    }
    return true;
  }

  /** How the newest rollout ended. */
  async end(): Promise<RolloutEnd> {
    const workflowId = clusterWorkflowId(this.cluster);
    const status = (await this.status(workflowId)) ?? 'NONE';
    const { client, ask } = this.site;
    try {
      const report: RolloutReport = await ask(() => client.workflow.getHandle(workflowId).result());
      return { status, report, failure: null };
    } catch (err) {
      const causes: string[] = [];
      for (let cause = err; cause instanceof Error; cause = cause.cause) causes.push(cause.message);
      return { status, report: null, failure: causes.join(': ') };
    }
  }

  /** Ids of everything that may have run for these instances. */
  workflowIds(ec2InstanceIds: readonly string[]): string[] {
    return [
      ...Array.from({ length: this.#starts }, (_, i) => `${clusterWorkflowId(this.cluster)}:start-${i + 1}`),
      clusterWorkflowId(this.cluster),
      steerWorkflowId(this.cluster),
      ...ec2InstanceIds.flatMap((id) => [
        steerWorkflowId(this.cluster, id),
        instanceWorkflowId(this.cluster, id),
      ]),
    ];
  }
}
