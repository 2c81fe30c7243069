import { fallenBack, type FailureMark, markedVersion } from './failures.js';

/** Hosts that fell back, by the version that they fell back from, as it stands in marks. */
export type Quarantines = Record<string, number>;

const prefix = 'ecs-updater.quarantined/';

/** Key of the tag of an ECS cluster on which a version is quarantined: it outlives the instances that fell back. */
export const quarantineTag = (version: string): string => `${prefix}${markedVersion(version)}`;

/** Value of that tag: on how many hosts the version fell back, and when it was quarantined (ISO 8601). */
export const quarantineTagValue = (hosts: number, at: string): string => `${hosts} hosts ${at}`;

/** What a cluster's tags say is quarantined. A value that somebody edited quarantines, too. */
export function quarantinesOf(
  tags: readonly { key?: string | undefined; value?: string | undefined }[],
): Quarantines {
  return Object.fromEntries(
    tags.flatMap(({ key = '', value = '' }) =>
      key.startsWith(prefix) && key.length > prefix.length
        ? [[key.slice(prefix.length), Number(/^(\d{1,6}) hosts/.exec(value)?.[1] ?? 0)]]
        : [],
    ),
  );
}

/** What a message says is quarantined; what has not the form of that says nothing. */
export const readQuarantines = (message: unknown): Quarantines =>
  typeof message === 'object' && message !== null
    ? Object.fromEntries(
        Object.entries(message).filter((entry): entry is [string, number] => Number.isInteger(entry[1])),
      )
    : {};

/** On how many hosts a quarantined version fell back; null: it is not quarantined. */
export function quarantineOf(quarantined: Quarantines, version: string): number | null {
  const marked = markedVersion(version);
  return Object.hasOwn(quarantined, marked) ? (quarantined[marked] ?? 0) : null;
}

/** Which hosts fell back from which version, as the attributes of the instances tell and this rollout has seen. */
export class Fallbacks {
  readonly #hosts = new Map<string, Set<string>>();

  /** Counts a host that fell back from a version. Answers on how many that is now. */
  add(version: string, ec2InstanceId: string): number {
    const marked = markedVersion(version);
    const hosts = this.#hosts.get(marked) ?? new Set();
    this.#hosts.set(marked, hosts.add(ec2InstanceId));
    return hosts.size;
  }

  /** The versions that fell back on at least `least` hosts. */
  quarantines(least: number): Quarantines {
    return Object.fromEntries(
      [...this.#hosts]
        .filter(([, hosts]) => hosts.size >= least)
        .map(([version, { size }]) => [version, size]),
    );
  }

  static of(instances: Iterable<{ ec2InstanceId: string; failure: FailureMark | null }>): Fallbacks {
    const found = new Fallbacks();
    for (const { ec2InstanceId, failure } of instances) {
      const version = fallenBack(failure);
      if (version !== null) found.add(version, ec2InstanceId);
    }
    return found;
  }
}
