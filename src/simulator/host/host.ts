import type { Clock, Journal, Random } from '../kernel.js';
import type { Ec2State, HostChange, HostSnapshot, Stage } from './host-state.js';
import { Partitions } from './partitions.js';
import type { ScriptExecution } from './script-execution.js';
import { Scripts } from './scripts.js';
import { hostSpecSchema } from './spec.js';
import type { HostSpec } from './spec.js';
import { SsmAgent } from './ssm-agent.js';
import { defaultHostTimings, draw } from './timings.js';
import type { HostTimings, Span } from './timings.js';
import { Updates } from './updates.js';
import type { Origin } from './updates.js';
import { uuid } from './uuid.js';

export type { HostChange, HostSnapshot, Stage };

/** What a host is built with. */
export interface HostContext {
  clock: Clock;
  random: Random;
  journal: Journal;
  /** Default: {@link defaultHostTimings}. Read anew for each thing that takes time. */
  timings?: HostTimings;
}

/** One EC2 machine with its operating system: partitions, boots, agents, update API and shell. */
export class Host {
  readonly launchedAt: Date;
  readonly ssmAgent: SsmAgent;
  #spec: HostSpec;
  #ec2State: Ec2State = 'running';
  #stage: Stage = 'running';
  #bootId: string;
  #ecsAgentUp = true;
  #rebootPending = false;
  /** Version that a boot was meant to bring, as long as no boot succeeded. */
  #wanted: string | null = null;
  /** Grows when what was under way on the machine is void. */
  #generation = 0;
  /** Versions known to boot well here. */
  readonly #proven: Set<string>;
  readonly #timings: HostTimings;
  readonly #partitions: Partitions;
  readonly #updates: Updates;
  readonly #scripts: Scripts;
  readonly #listeners: ((change: HostChange) => void)[] = [];

  constructor(
    spec: HostSpec,
    private readonly context: HostContext,
    /** It was launched only now; else it has run for days. */
    booting = false,
  ) {
    const { clock, random, journal } = context;
    this.#spec = spec;
    this.#proven = new Set([spec.version]);
    this.#timings = context.timings ?? defaultHostTimings;
    this.#bootId = uuid(random);
    this.launchedAt = new Date(clock.now() - (booting ? 0 : random.between(1, 30) * 86_400_000));
    this.#partitions = new Partitions(spec.version);
    this.#updates = new Updates({
      spec: () => this.#spec,
      partitions: this.#partitions,
      clock,
      random,
      journal,
      timings: this.#timings,
      hostNow: () => this.hostNow(),
    });
    this.#scripts = new Scripts({
      clock,
      spec: () => this.#spec,
      version: () => this.activeVersion,
      bootId: () => this.#bootId,
      hostNow: () => this.hostNow(),
      updates: this.#updates,
      reboot: (origin) => this.#orderReboot(origin),
    });
    this.ssmAgent = new SsmAgent(clock.now() - random.between(400, 90_000) * 1000, spec.version);
    if (booting) {
      this.#stage = 'booting';
      this.#ecsAgentUp = false;
      this.#later(this.#bootSpan, () => this.#enterUserspace('ok'));
    } else if (this.#ssmAgentRuns) {
      this.ssmAgent.start(clock.now() - random.between(0, 299) * 1000, spec.version);
    }
  }

  get ec2InstanceId(): string {
    return this.#spec.ec2InstanceId;
  }

  get spec(): HostSpec {
    return this.#spec;
  }

  get ec2State(): Ec2State {
    return this.#ec2State;
  }

  get bootId(): string {
    return this.#bootId;
  }

  get activeVersion(): string {
    return this.#partitions.active.version ?? this.#spec.version;
  }

  get ecsAgentUp(): boolean {
    return this.#ecsAgentUp;
  }

  get ssmAgentUp(): boolean {
    return this.ssmAgent.isUp;
  }

  /** Whether Systems Manager has ever heard of it. */
  get isManagedBySsm(): boolean {
    return this.#spec.ssm !== 'never-registered' && this.#spec.controlContainer;
  }

  get hung(): boolean {
    return this.#stage === 'hung';
  }

  /** Milliseconds since the epoch by the host's own clock. */
  hostNow(): number {
    return this.context.clock.now() + this.#spec.clockSkewSeconds * 1000;
  }

  on(listener: (change: HostChange) => void): void {
    this.#listeners.push(listener);
  }

  /** Changes what the host is or how it will behave, in mid-life: a new release is offered, its SSM agent dies, … */
  amend(patch: Partial<Omit<HostSpec, 'ec2InstanceId' | 'os' | 'version'>>): void {
    this.#spec = hostSpecSchema.parse({ ...this.#spec, ...patch });
    if (this.#stage !== 'running') {
      return;
    }
    if (this.ssmAgentUp && !this.#ssmAgentRuns) {
      this.#stopSsmAgent();
    } else if (!this.ssmAgentUp && this.#ssmAgentRuns) {
      this.#startSsmAgent();
    }
  }

  /** Somebody at the host updates it, past everybody's rollout. */
  updateByHand(found: 'staged' | 'ready', version: string): void {
    this.#updates.doneByHand(found, version);
    this.#event('updated-by-hand', { found, version });
  }

  /**
   * Reboots it from outside: an orderly shutdown, or, where nothing reacts, any more or yet, a reset after some minutes, whatever has become of the
   * host by then (API reference, RebootInstances).
   */
  rebootByEc2(principal = 'unknown'): void {
    if (this.#ec2State !== 'running') {
      return;
    }
    this.#event('reboot-ordered', { by: 'ec2', principal });
    if (this.hung || this.#stage === 'booting') {
      this.#later(this.#timings.hardReset, () => this.#resetByEc2());
    } else if (!this.#rebootPending && this.#stage === 'running') {
      this.#rebootPending = true;
      this.#later(this.#timings.rebootBegins, () => this.#shutDown({ principal }));
    }
  }

  /** Ends its machine for good. `by`: whether `principal` asked EC2 for it, or is none of its clients. */
  terminate(principal = 'unknown', by: 'ec2' | 'auto-scaling' | 'hand' = 'ec2'): void {
    if (this.#ec2State !== 'running') {
      return;
    }
    this.#event('termination-started', { by, principal });
    this.#ec2State = 'shutting-down';
    this.#stopEverything();
    this.#later(this.#timings.termination, () => {
      this.#ec2State = 'terminated';
      this.#stage = 'terminated';
      this.#event('terminated', {});
      this.#emit('terminated');
    });
  }

  /** The machine of a scenario that was terminated before its beginning. */
  endedLongAgo(): void {
    this.#stopEverything();
    this.#ec2State = 'terminated';
    this.#stage = 'terminated';
    this.#event('terminated', {});
    this.#emit('terminated');
  }

  /** Starts a script as the SSM agent does: as root, in the control container. */
  execute(script: string, origin: Origin): ScriptExecution {
    return this.#scripts.execute(script, origin);
  }

  snapshot(): HostSnapshot {
    return {
      ec2InstanceId: this.ec2InstanceId,
      os: this.#spec.os,
      ec2State: this.#ec2State,
      stage: this.#stage,
      bootId: this.#bootId,
      activeVersion: this.activeVersion,
      partitions: this.#partitions.snapshot(),
      updateState: this.#updates.machine.state,
      updateAction: this.#updates.machine.running,
      rebootPending: this.#rebootPending,
      ecsAgentUp: this.#ecsAgentUp,
      ssmAgentUp: this.ssmAgentUp,
      scriptsRunning: this.#scripts.running,
    };
  }

  get #ssmAgentRuns(): boolean {
    return this.isManagedBySsm && this.#spec.ssm === 'online' && this.#behaviour !== 'ssm-agent-lost';
  }

  /** How the image that runs or boots behaves: only one that is new here may misbehave. */
  get #behaviour(): HostSpec['boot'] {
    return this.#proven.has(this.activeVersion) ? 'ok' : this.#spec.boot;
  }

  get #bootSpan(): Span {
    const [shortest, longest] = this.#timings.boot;
    const delay = this.#spec.bootDelaySeconds * 1000;
    return [shortest + delay, longest + delay];
  }

  /** What `systemctl reboot --check-inhibitors=yes` does; the text of its refusal, or null. */
  #orderReboot(origin: Origin): string | null {
    if (this.#spec.reboot === 'refused') {
      this.#event('reboot-refused', { by: 'ssm-command', ...origin });
      return 'Operation inhibited by "backup" (PID 1201 "backup", user root), reason is "backup in progress".\nPlease retry operation after closing inhibitors and logging out other users.\n';
    }
    if (this.#spec.reboot === 'ignored') {
      this.#event('reboot-ignored', { by: 'ssm-command', ...origin });
      return null;
    }
    this.#event('reboot-ordered', { by: 'ssm-command', ...origin });
    if (!this.#rebootPending) {
      this.#rebootPending = true;
      const { inhibited, rebootBegins } = this.#timings;
      this.#later(this.#spec.reboot === 'inhibited' ? inhibited : rebootBegins, () => this.#shutDown(origin));
    }
    return null;
  }

  #shutDown(origin: Origin): void {
    this.#wanted ??= this.#partitions.staysAtBoot ? this.activeVersion : this.#partitions.inactive.version;
    this.#event('reboot-started', { ...origin, bootId: this.#bootId, from: this.activeVersion });
    this.#stopEverything();
    this.#later(this.#timings.shutdown, () => this.#powerUp());
  }

  #resetByEc2(): void {
    this.#event('reboot-started', { bootId: this.#bootId, from: this.activeVersion, reset: true });
    this.#stopEverything();
    this.#powerUp();
  }

  #stopEverything(): void {
    this.#generation += 1;
    this.#stage = 'stopping';
    this.#rebootPending = false;
    this.#ecsAgentUp = false;
    this.ssmAgent.stop(this.context.clock.now());
    this.#scripts.loseAll();
    this.#updates.resetByBoot();
    this.#emit('shutting-down');
  }

  #powerUp(): void {
    this.#stage = 'down';
    this.#emit('down');
    this.#boot();
  }

  #boot(): void {
    this.#partitions.boot();
    this.#stage = 'booting';
    const behaviour = this.#behaviour;
    if (behaviour === 'falls-back') {
      this.#event('boot-failed', { version: this.activeVersion });
      this.#later(this.#timings.panic, () => this.#boot());
    } else if (behaviour === 'never-returns') {
      this.#later(this.#timings.panic, () => {
        this.#stage = 'hung';
        this.#event('boot-hung', { version: this.activeVersion });
        this.#emit('hung');
      });
    } else {
      this.#later(this.#bootSpan, () => this.#enterUserspace(behaviour));
    }
  }

  #enterUserspace(behaviour: HostSpec['boot']): void {
    this.#partitions.markSuccessfulBoot();
    this.#bootId = uuid(this.context.random);
    this.#scripts.restartContainer();
    this.#stage = 'running';
    const fellBack = this.#wanted !== null && this.#wanted !== this.activeVersion;
    this.#wanted = null;
    this.#event('boot-finished', { bootId: this.#bootId, version: this.activeVersion, fellBack });
    this.#emit('kernel-up');
    if (behaviour === 'ok') {
      this.#proven.add(this.activeVersion);
    }
    if (behaviour !== 'ecs-agent-lost') {
      this.#later(this.#timings.ecsAgent, () => {
        this.#ecsAgentUp = true;
        this.#event('ecs-agent-up', {});
        this.#emit('ecs-agent-up');
      });
    }
    const retry = this.context.random.chance(0.1)
      ? draw(this.context.random, this.#timings.ssmAgentRetry)
      : 0;
    const [shortest, longest] = this.#timings.ssmAgent;
    this.#later([shortest + retry, longest + retry], () => {
      if (this.#ssmAgentRuns && !this.ssmAgentUp) {
        this.#startSsmAgent();
      }
    });
  }

  #startSsmAgent(): void {
    this.ssmAgent.start(this.context.clock.now(), this.activeVersion);
    this.#event('ssm-agent-up', {});
    this.#emit('ssm-agent-up');
  }

  /** The agent dies alone; the scripts that it ran die with it. */
  #stopSsmAgent(): void {
    this.ssmAgent.stop(this.context.clock.now());
    this.#scripts.loseAll();
    this.#event('ssm-agent-down', {});
    this.#emit('ssm-agent-down');
  }

  #later(span: Span, action: () => void): void {
    const generation = this.#generation;
    void this.#afterSleep(draw(this.context.random, span), () => {
      if (generation === this.#generation) {
        action();
      }
    });
  }

  /** Unlike a timer's, what the action sets off is done before the next event of the clock. */
  async #afterSleep(ms: number, action: () => void): Promise<void> {
    await this.context.clock.sleep(ms);
    action();
  }

  #event(event: string, detail: Record<string, unknown>): void {
    this.context.journal.event(event, { ec2InstanceId: this.ec2InstanceId, ...detail });
  }

  #emit(kind: HostChange['kind']): void {
    for (const listener of this.#listeners) {
      listener({ kind });
    }
  }
}
