/** What a principal lets itself be held to. */
export interface Declaration {
  principal: string;
  /** Absent: every cluster. */
  cluster?: string | undefined;
  maxUnavailable?: number | undefined;
  /** Simulated seconds that an update may take; with `rebootLimitSeconds`, how long a host that cannot be read is waited for. */
  updateLimitSeconds?: number | undefined;
  /** After an order this old, simulated seconds, ACTIVE may be set though its reboot is not over. */
  rebootLimitSeconds?: number | undefined;
  /** So long after a boot, simulated seconds, ACTIVE may be set though the ECS agent is not back. */
  verifyLimitSeconds?: number | undefined;
}

type Limit = 'updateLimitSeconds' | 'rebootLimitSeconds' | 'verifyLimitSeconds';

/** The design's limits. */
const defaults: Record<Limit, number> = {
  updateLimitSeconds: 900,
  rebootLimitSeconds: 900,
  verifyLimitSeconds: 600,
};
/** A client's limit begins when it decides; its order reaches the service a little later. */
const limitToleranceSeconds = 60;

/** What every principal declared, the latest first. */
export class Declarations {
  readonly #all: Declaration[] = [];

  /** `maxUnavailable`: of those who declare none. */
  constructor(readonly defaultMaxUnavailable?: number) {}

  add(declaration: Declaration): void {
    this.#all.unshift(declaration);
  }

  /** How many instances of a cluster a principal may have out of service; undefined: nobody said. */
  maxUnavailable(principal: string, cluster: string): number | undefined {
    const declared = this.#all.find(
      (declaration) =>
        declaration.principal === principal &&
        declaration.maxUnavailable !== undefined &&
        (declaration.cluster ?? cluster) === cluster,
    );
    return declared?.maxUnavailable ?? this.defaultMaxUnavailable;
  }

  /** From the order of a reboot on. */
  rebootLimitMs(principal: string): number {
    return fromOrder(this.#secondsOf(principal, 'rebootLimitSeconds'));
  }

  /** From the order of an apply on: after that, one that nobody can hear of is not waited for. */
  applyLimitMs(principal: string): number {
    return fromOrder(
      this.#secondsOf(principal, 'updateLimitSeconds') + this.#secondsOf(principal, 'rebootLimitSeconds'),
    );
  }

  /** From a boot on: nobody begins to verify one before. */
  verifyLimitMs(principal: string): number {
    return this.#secondsOf(principal, 'verifyLimitSeconds') * 1000;
  }

  #secondsOf(principal: string, limit: Limit): number {
    const declared = this.#all.find(
      (declaration) => declaration.principal === principal && declaration[limit] !== undefined,
    );
    return declared?.[limit] ?? defaults[limit];
  }
}

const fromOrder = (limitSeconds: number): number => Math.max(0, limitSeconds - limitToleranceSeconds) * 1000;
