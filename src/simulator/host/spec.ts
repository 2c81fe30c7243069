import { z } from 'zod';

const version = z.string().regex(/^\d+\.\d+\.\d+$/, 'a version like 1.26.1, without a v');

/** Whether `a` is a newer version than `b`; both are `major.minor.patch`. */
export function isNewer(a: string, b: string): boolean {
  return compareVersions(a, b) > 0;
}

/** Negative, zero or positive, as `sort` wants it: oldest first. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (const [index, part] of left.entries()) {
    const difference = part - (right[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

/** What a simulated host is, and how it will behave; everything but its id and version has a default. */
export const hostSpecSchema = z
  .strictObject({
    ec2InstanceId: z.string().regex(/^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, 'an EC2 instance id'),
    /** A host that is not Bottlerocket has no `apiclient`: commands that call it end with 127. */
    os: z.enum(['bottlerocket', 'amazon-linux-2023']).default('bottlerocket'),
    /** Running version. Bottlerocket before 1.0.5 has no `apiclient update`, before 1.5.0 no `apiclient get`. */
    version: version.default('1.26.0'),
    /** Version that the repository holds for it and that an update would go to; null when it holds nothing newer. */
    offered: version.nullable().default(null),
    variant: z.string().min(1).default('aws-ecs-2'),
    arch: z.enum(['x86_64', 'aarch64']).default('x86_64'),
    /** What the repository lists; by default the offered version and the running one. */
    availableVersions: z.array(version).optional(),
    /** False: the offered version is listed, but the host's turn has not come, so it is not chosen. */
    inWave: z.boolean().default(true),
    /** True: before its turn the version is not even listed, which is what updog of core-kit v1.26 does. */
    hiddenBeforeWave: z.boolean().default(false),
    /** `slow` answers after the client's 10 s limit. */
    repository: z.enum(['reachable', 'unreachable', 'slow']).default('reachable'),
    /** Update state that somebody left before the simulation began. */
    found: z.enum(['idle', 'staged', 'ready']).default('idle'),
    /**
     * `fails-prepare`: the disk is full. `not-found`: the chosen update is there no more (404). `hangs` never finishes
     * preparing: the client gives up after its 10 minutes, the lock stays held.
     */
    apply: z.enum(['ok', 'fails-prepare', 'not-found', 'fails-activate', 'hangs']).default('ok'),
    /** `held`: somebody else's action on the host never lets go of the update lock (423). */
    updateLock: z.enum(['free', 'held']).default('free'),
    /**
     * What comes of booting a **new** image: `falls-back` panics and comes back with the old one; `never-returns`
     * hangs until EC2 reboots it, which brings back the old one; the last two run, but without that agent.
     */
    boot: z.enum(['ok', 'falls-back', 'never-returns', 'ssm-agent-lost', 'ecs-agent-lost']).default('ok'),
    /**
     * `refused`: a block inhibitor, `apiclient reboot` fails. `inhibited`: a delay inhibitor holds it up to 300 s.
     * `ignored`: the order is accepted and nothing happens.
     */
    reboot: z.enum(['ok', 'refused', 'inhibited', 'ignored']).default('ok'),
    /** How much longer than others it takes to boot. */
    bootDelaySeconds: z.number().min(0).default(0),
    ssm: z.enum(['online', 'never-registered', 'connection-lost']).default('online'),
    /** False: the control container, where Bottlerocket's SSM agent lives, is disabled, so SSM never knew the host. */
    controlContainer: z.boolean().default(true),
    /** What `apiclient` prints where it should print JSON; `ansi`: the JSON in colours. */
    output: z.enum(['ok', 'garbage', 'truncated', 'ansi']).default('ok'),
    /** How far the host's clock is ahead (behind, if negative). */
    clockSkewSeconds: z.number().default(0),
  })
  .superRefine((spec, context) => {
    const needed = spec.found === 'idle' ? null : `found: ${spec.found}`;
    if (needed !== null && spec.offered === null) {
      context.addIssue({ code: 'custom', path: ['offered'], message: `${needed} needs an offered version` });
    }
    if (spec.os !== 'bottlerocket' && (spec.offered !== null || spec.found !== 'idle')) {
      context.addIssue({
        code: 'custom',
        path: ['offered'],
        message: 'only Bottlerocket hosts are offered versions',
      });
    }
  });

/** A complete description of a host, defaults filled in. */
export type HostSpec = z.infer<typeof hostSpecSchema>;

/** What a scenario or a test has to write of it. */
export type HostSpecInput = z.input<typeof hostSpecSchema>;
