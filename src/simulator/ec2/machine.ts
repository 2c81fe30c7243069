import type { Clock } from '../kernel.js';
import type { Host } from '../host/host.js';

/** How EC2's knowledge lags behind, simulated seconds. */
export interface Ec2Timings {
  /** Checks run every minute and have to fail twice. */
  impairedAfter: number;
  /** After a host that was impaired is back. */
  initializing: number;
  /** How long a terminated instance can still be described. */
  terminatedFor: number;
}

export const defaultEc2Timings: Ec2Timings = { impairedAfter: 120, initializing: 60, terminatedFor: 3600 };

export type CheckStatus = 'ok' | 'impaired' | 'initializing' | 'not-applicable';

/** What EC2 knows of a host beside what the host itself is. */
export interface MachineSpec {
  availabilityZone: string;
  instanceType: string;
  imageId: string;
  privateIp: string;
  architecture: 'x86_64' | 'arm64';
  subnetId: string;
  vpcId: string;
  tags: ReadonlyMap<string, string>;
}

/** An EC2 instance as EC2 sees it; a reboot leaves no trace but, if it takes long, in the status checks. */
export class Machine {
  #downSince: number | undefined;
  #upSince: number | undefined;
  #wasImpaired = false;

  constructor(
    readonly host: Host,
    readonly spec: MachineSpec,
    readonly context: { clock: Clock; timings: Ec2Timings },
  ) {
    host.on(({ kind }) => {
      if (kind === 'shutting-down') this.#downSince ??= context.clock.now();
      if (kind === 'kernel-up') this.#onUp();
    });
  }

  get id(): string {
    return this.host.ec2InstanceId;
  }

  /** The instance status check; the system's own check, of the hardware, never fails here. */
  get checkStatus(): CheckStatus {
    if (this.host.ec2State !== 'running') return 'not-applicable';
    const now = this.context.clock.now();
    if (this.#downSince !== undefined) return this.#isImpaired(now) ? 'impaired' : 'ok';
    const isFresh =
      this.#upSince !== undefined && now - this.#upSince < this.context.timings.initializing * 1000;
    return isFresh && this.#wasImpaired ? 'initializing' : 'ok';
  }

  /** Virtual milliseconds. */
  get impairedSince(): number | undefined {
    return this.checkStatus === 'impaired' && this.#downSince !== undefined
      ? this.#downSince + this.context.timings.impairedAfter * 1000
      : undefined;
  }

  #isImpaired(now: number): boolean {
    return (
      this.#downSince !== undefined && now - this.#downSince >= this.context.timings.impairedAfter * 1000
    );
  }

  #onUp(): void {
    const now = this.context.clock.now();
    this.#wasImpaired = this.#isImpaired(now);
    this.#upSince = now;
    this.#downSince = undefined;
  }
}
