import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import type { CheckResult, HostProbe, HostStatus } from '../src/model/host.js';

/** `/proc/sys/kernel/random/boot_id`; anything else the reboot document would refuse. */
const bootId = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
/** Seconds since the epoch, with which the reboot document can count for an hour more. */
const hostTime = z.int().min(1_000_000_000).max(9_999_996_399);
/** Of the characters of a semantic version: it goes into attributes, and into lines on terminals. */
const version = z.string().regex(/^[\w.+-]{1,64}$/);
const image = z.object({ version });
const partition = z.object({ image });

/** What `apiclient update check` prints (Bottlerocket core-kit, thar-be-updates, status.rs). */
const updateStatus = z.object({
  update_state: z.enum(['Idle', 'Available', 'Staged', 'Ready']),
  available_updates: z.array(version),
  chosen_update: image.nullable(),
  active_partition: partition.nullable(),
  staging_partition: partition.nullable(),
  most_recent_command: z
    .object({ cmd_type: z.string(), cmd_status: z.string(), timestamp: z.string() })
    .nullable(),
});

/** What our check document prints. */
const checkOutput = z.object({
  schema: z.literal(1),
  bootId,
  now: hostTime,
  version: version.nullable(),
  status: updateStatus.nullable(),
  error: z.object({ exitCode: z.int(), stderr: z.string() }).nullable(),
});

/** The answer of a check document, in its own words. */
export type CheckOutput = z.infer<typeof checkOutput>;

/** A refresh that is older than this by the host's clock is not the one that the check asked for, in ms. */
const refreshedWithinMs = 120_000;

/** Reads the output of the check document; anything odd is given back as what was seen. Never throws. */
export function parseCheckOutput(text: string): CheckOutput | { seen: string } {
  let json: unknown;
  try {
    json = JSON.parse(jsonOf(text));
  } catch {
    return { seen: `output that is no JSON: ${excerpt(text)}` };
  }
  const parsed = checkOutput.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return {
    seen: `${issue?.path.join('.') || 'output'}: ${issue?.message ?? 'not understood'}: ${excerpt(text)}`,
  };
}

/** What a check with a refresh says of its host. */
export function checkResultOf(output: CheckOutput): CheckResult {
  const host = hostStatusOf(output);
  const { version, status, error } = output;
  const active = status?.active_partition?.image.version;
  if (version && active && version !== active) {
    return { kind: 'check-failed', seen: `it runs ${version}, but its active partition holds ${active}` };
  }
  if (host) return { kind: 'checked', host };
  return {
    kind: 'check-failed',
    seen: error ? `exit code ${error.exitCode}: ${lastWords(error.stderr)}` : 'no update status',
  };
}

/** A host's status; null where the check could not read it. */
export function hostStatusOf({
  bootId,
  now,
  version,
  status,
}: Omit<CheckOutput, 'error'>): HostStatus | null {
  const runningVersion = version ?? status?.active_partition?.image.version;
  if (!status || !runningVersion) return null;
  const last = status.most_recent_command;
  const refreshed =
    last?.cmd_type === 'refresh' &&
    last.cmd_status === 'Success' &&
    Math.abs(now * 1000 - Date.parse(last.timestamp)) <= refreshedWithinMs;
  return {
    bootId,
    now,
    runningVersion,
    updateState: status.update_state,
    chosenVersion: status.chosen_update?.version ?? null,
    stagedVersion: status.staging_partition?.image.version ?? null,
    availableVersions: status.available_updates,
    refreshed,
  };
}

/** What a read says of a host that may have booted just now. */
export function hostProbeOf(output: CheckOutput): HostProbe {
  const { bootId, now, version, status, error } = output;
  return {
    bootId,
    now,
    runningVersion: version ?? status?.active_partition?.image.version ?? null,
    updateState: status?.update_state ?? null,
    locked: error !== null && isLocked(error.stderr),
  };
}

/** Whether another caller holds the update lock (HTTP 423 of the API server). */
const isLocked = (stderr: string): boolean => /\bStatus 423\b|'423 Locked'|update lock held/i.test(stderr);

/** Whether a host is writing an update: a held lock says so; a status that can be read, or that no boot has had yet (HTTP 404), denies it. */
export function updateLockOf({ status, error }: CheckOutput): 'held' | 'free' | 'unknown' {
  if (status) return 'free';
  if (error && isLocked(error.stderr)) return 'held';
  return error && /\bStatus 404\b/.test(error.stderr) ? 'free' : 'unknown';
}

/** Whether a check failed for a cause that passes: the lock, or the 10 s in which `apiclient` waits for a refresh. */
export const isPassing = (seen: string): boolean => isLocked(seen) || /timed out/i.test(seen);

const applyOutput = checkOutput.omit({ error: true }).extend({ exitCode: z.int(), stderr: z.string() });

/** What our apply document prints; its status is null where the apply failed, or is too long to be listed. */
export type ApplyOutput = z.infer<typeof applyOutput>;

/** What the apply document says of its end; null where its output does not tell, as of a script that was killed. */
export function parseApplyOutput(text: string): ApplyOutput | null {
  try {
    return applyOutput.safeParse(JSON.parse(jsonOf(text))).data ?? null;
  } catch {
    return null;
  }
}

/** SSM puts what a script wrote to stderr behind a line of dashes. */
const jsonOf = (text: string): string => (text.split(/^-+ERROR-+$/m)[0] ?? '').trim();

/** Longest text of a host that goes into a history, from each end: output is recognised by its beginning, an error names its cause last. */
const kept = 160;

/** What of a text is looked at for an excerpt, from each end: expressions for a terminal's sequences fail on megabytes. */
const lookedAt = 4000;

/** Enough of a text to recognise it, in one line and without anything that a terminal would obey. */
export const excerpt = (text: string): string => {
  const some = text.length > 2 * lookedAt ? `${text.slice(0, lookedAt)} … ${text.slice(-lookedAt)}` : text;
  const line = stripVTControlCharacters(some)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > 2 * kept ? `${line.slice(0, kept)} … ${line.slice(-kept)}` : line || '(nothing)';
};

/** Our documents keep so much of what a program printed, from its end. */
const keptByDocuments = 300;

/** What a program said last; where a document cut it, from a whole word on. */
export const lastWords = (stderr: string): string =>
  stderr.length < keptByDocuments ? excerpt(stderr) : `… ${excerpt(stderr.replace(/^\S*\s+/, ''))}`;
