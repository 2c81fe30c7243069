import { compareVersions, isNewer } from './spec.js';
import type { HostSpec } from './spec.js';

/** `settings.updates` of a host. */
export interface UpdateSettings {
  /** `latest` or a version, `v` allowed. */
  versionLock: string;
  ignoreWaves: boolean;
}

/** What the update repository answers a host: versions newest first, and the one that the host would take. */
export interface Listing {
  available: string[];
  chosen: string | null;
}

/**
 * What `updog` lists and what is chosen of it (core-kit, updog/src/main.rs `update_required`): the newest version above the
 * running one, or, after a recall, the newest one that still exists below it.
 */
export function listUpdates(spec: HostSpec, running: string, settings: UpdateSettings): Listing {
  const versions = [...new Set(published(spec))].toSorted((a, b) => compareVersions(b, a));
  const waits = spec.offered !== null && !spec.inWave && !settings.ignoreWaves ? spec.offered : null;
  const hidden = waits !== null && spec.hiddenBeforeWave;
  const available = hidden ? versions.filter((version) => version !== waits) : versions;
  const candidates = versions.filter((version) => version !== waits);
  return { available, chosen: choose(candidates, versions[0], running, settings.versionLock) };
}

function published({ version, offered, availableVersions }: HostSpec): string[] {
  const offer = offered === null ? [] : [offered];
  // Where an older version is offered, the running one was recalled.
  const isDowngrade = offered !== null && isNewer(version, offered);
  return [...(availableVersions ?? (isDowngrade ? [] : [version])), ...offer];
}

function choose(
  candidates: string[],
  newestEver: string | undefined,
  running: string,
  versionLock: string,
): string | null {
  if (versionLock !== 'latest') {
    const locked = versionLock.replace(/^v/, '');
    return locked === running ? null : (candidates.find((version) => version === locked) ?? null);
  }
  const isRecalled = newestEver !== undefined && isNewer(running, newestEver);
  return candidates.find((version) => isNewer(version, running) || isRecalled) ?? null;
}

/** What a host has until somebody sets it otherwise. */
export const defaultUpdateSettings: UpdateSettings = { versionLock: 'latest', ignoreWaves: false };
