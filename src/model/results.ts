import { boundedResult } from './bounds.js';
import type { InstanceResult } from './outcome.js';
import type { ResultGroup } from './report.js';

/** Characters that the groups of one kind may have as JSON before what differs only in its facts is put together. */
const mostCharacters = 500_000;

/**
 * Results of many instances, grouped by content. Where they would pass what Temporal takes, those that differ only in the facts of their
 * reasons become one group, which says how many reasons it has and gives one of them.
 */
export class Results {
  #groups = new Map<string, ResultGroup>();
  #keyOf = exactKey;
  #characters = 0;

  constructor(
    groups: readonly ResultGroup[] = [],
    private readonly limit = mostCharacters,
  ) {
    for (const group of groups) this.#put({ ...group, ec2InstanceIds: [...group.ec2InstanceIds] });
  }

  get groups(): ResultGroup[] {
    return [...this.#groups.values()];
  }

  /** Records the result of an instance that has none yet. */
  add(ec2InstanceId: string, result: InstanceResult): void {
    this.#put({ result: boundedResult(result), ec2InstanceIds: [ec2InstanceId] });
  }

  #put(group: ResultGroup): void {
    const key = this.#keyOf(group);
    const existing = this.#groups.get(key);
    if (existing) {
      const isSame = exactKey(existing) === exactKey(group) && !existing.reasons && !group.reasons;
      existing.ec2InstanceIds.push(...group.ec2InstanceIds);
      if (!isSame) existing.reasons = (existing.reasons ?? 1) + (group.reasons ?? 1);
    } else {
      this.#groups.set(key, group);
      this.#characters += exactKey(group).length;
    }
    if (this.#characters > this.limit && this.#keyOf === exactKey) this.#merge();
  }

  #merge(): void {
    const all = this.groups;
    this.#keyOf = kindKey;
    this.#groups = new Map();
    this.#characters = 0;
    for (const group of all) this.#put(group);
  }
}

const exactKey = ({ result, reasons }: ResultGroup): string => JSON.stringify([result, reasons ?? 1]);

/** What of a result tells what has to be done: kind, code, versions, and whether the instance is still out of service. */
function kindKey({ result }: ResultGroup): string {
  if (result.kind === 'updated') {
    return JSON.stringify([result.kind, result.from, result.to, result.warning?.code ?? null]);
  }
  const { kind, from = null, to = null, reason } = result;
  const afterwards = 'afterwards' in reason ? (reason.afterwards?.did ?? null) : null;
  const drained = reason.code === 'held' && reason.drained === true;
  const version = 'version' in reason ? reason.version : null;
  const target = 'target' in reason ? reason.target : null;
  return JSON.stringify([kind, from, to, reason.code, version, target, afterwards, drained]);
}
