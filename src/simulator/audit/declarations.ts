/** What a principal lets itself be held to. */
export interface Declaration {
  principal: string;
  /** Absent: every cluster. */
  cluster?: string | undefined;
  maxUnavailable?: number | undefined;
  /** After an order this old, simulated seconds, ACTIVE may be set though its reboot is not over. */
  rebootLimitSeconds?: number | undefined;
}

/** The design's default limit of a reboot. */
const defaultRebootLimitSeconds = 900;
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

  rebootLimitMs(principal: string): number {
    const declared = this.#all.find(
      (declaration) => declaration.principal === principal && declaration.rebootLimitSeconds !== undefined,
    );
    const limitSeconds = declared?.rebootLimitSeconds ?? defaultRebootLimitSeconds;
    return Math.max(0, limitSeconds - limitToleranceSeconds) * 1000;
  }
}
