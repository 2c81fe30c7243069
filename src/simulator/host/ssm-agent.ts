/** The agent pings Systems Manager when it starts and every five minutes (amazon-ssm-agent, health check). */
const pingEveryMs = 300_000;

/** What Systems Manager knows of a host's agent by its pings. */
export class SsmAgent {
  #upSince: number | null = null;
  #lastPing: number;
  #version: string;

  /** `lastPing`: milliseconds since the epoch; `version`: of the OS that it reported last. */
  constructor(lastPing: number, version: string) {
    this.#lastPing = lastPing;
    this.#version = version;
  }

  get isUp(): boolean {
    return this.#upSince !== null;
  }

  /** OS version that the agent reported when it last started. */
  get reportedVersion(): string {
    return this.#version;
  }

  start(now: number, version: string): void {
    this.#upSince = now;
    this.#lastPing = now;
    this.#version = version;
  }

  stop(now: number): void {
    this.#lastPing = this.lastPing(now);
    this.#upSince = null;
  }

  /** Milliseconds since the epoch. */
  lastPing(now: number): number {
    return this.#upSince === null ? this.#lastPing : now - ((now - this.#lastPing) % pingEveryMs);
  }

  /** A ping has to be overdue before the connection counts as lost, so a short reboot does not show. */
  pingStatus(now: number): 'Online' | 'ConnectionLost' {
    return this.isUp || now - this.lastPing(now) <= pingEveryMs + 30_000 ? 'Online' : 'ConnectionLost';
  }
}
