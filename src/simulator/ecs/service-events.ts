import type { EcsContext } from './context.js';
import type { EcsService, EcsTask } from './model.js';

/** ECS repeats the same cause of a failed placement only every 6 hours (developer guide, service event messages). */
const repeatCauseAfterMs = 6 * 3_600_000;
/** DescribeServices shows the last 100. */
const keptEvents = 100;

/** Writes the events of services in ECS's own words. */
export class ServiceEvents {
  constructor(readonly context: EcsContext) {}

  started(service: EcsService, tasks: readonly EcsTask[]): void {
    this.#add(service, `has started ${tasks.length} tasks: ${listed(tasks)}.`);
  }

  stopped(service: EcsService, tasks: readonly EcsTask[]): void {
    this.#add(service, `has stopped ${tasks.length} running tasks: ${listed(tasks)}.`);
  }

  drainingConnections(service: EcsService, tasks: readonly EcsTask[]): void {
    this.#add(service, `has begun draining connections on ${tasks.length} tasks.`);
  }

  unableToPlace(service: EcsService, cause: string): void {
    const now = this.context.clock.now();
    const last = service.placementFailure;
    if (last?.cause === cause && now - last.toldAt < repeatCauseAfterMs) return;
    service.placementFailure = { cause, toldAt: now };
    this.#add(
      service,
      `was unable to place a task because no container instance met all of its requirements. ${cause} For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`,
    );
  }

  steady(service: EcsService): void {
    this.#add(service, 'has reached a steady state.');
  }

  deploymentCompleted(service: EcsService, deploymentId: string): void {
    this.#add(service, `(deployment ${deploymentId}) deployment completed.`);
  }

  #add(service: EcsService, text: string): void {
    const { clock, journal, random } = this.context;
    const message = `(service ${service.name}) ${text}`;
    service.events.unshift({ id: uuid(random.token(32)), createdAt: clock.now(), message });
    service.events.length = Math.min(service.events.length, keptEvents);
    journal.event('service-event', { cluster: service.cluster.name, service: service.name, message });
  }
}

const listed = (tasks: readonly EcsTask[]): string => tasks.map((task) => `(task ${task.id})`).join(' ');

const uuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
