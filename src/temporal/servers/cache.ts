import { mkdir, mkdtemp, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import envPaths from 'env-paths';

/** Folder of this user, outside any clone, where servers that were fetched or built are kept. */
export const userCacheFolder = (): string => envPaths('ecs-updater', { suffix: '' }).cache;

/** Where lines about a lengthy step go. */
export type Report = (line: string) => void;

const touchEveryMs = 2000;
const abandonedAfterMs = 15_000;

/**
 * Runs `work` while no other process of this user does so under the same name. The lock is a folder whose time is
 * renewed; one that was not renewed for 15 s belonged to a process that died.
 */
export async function whileLocked<T>(
  cache: string,
  name: string,
  report: Report,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(cache, { recursive: true });
  const lock = join(cache, `${name}.lock`);
  let said = false;
  while (!(await created(lock))) {
    if (await abandoned(lock)) {
      await discard(lock);
      continue;
    }
    if (!said) report(`another process is getting ${name}: waiting for it`);
    said = true;
    await sleep(500);
  }
  const keepAlive = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => {});
  }, touchEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(keepAlive);
    await rm(lock, { recursive: true, force: true });
  }
}

/** Gives `work` an empty folder inside the cache, on the same file system as what is installed, and removes it after. */
export async function inScratchFolder<T>(cache: string, work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'tmp-'));
  try {
    return await work(folder);
  } finally {
    // The go tool keeps what it downloads read-only; a leftover does no harm.
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** Puts a file or folder at its place in one step: others see all of it or nothing. Returns the place. */
export async function install(from: string, place: string): Promise<string> {
  await mkdir(join(place, '..'), { recursive: true });
  await rm(place, { recursive: true, force: true });
  await rename(from, place);
  return place;
}

async function created(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'EEXIST') return false;
    throw err;
  }
}

async function abandoned(lock: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(lock)).mtimeMs > abandonedAfterMs;
  } catch {
    return false; // Released meanwhile: the next attempt gets it.
  }
}

/** Renames before it removes, so that of two processes which find the lock abandoned only one removes it. */
async function discard(lock: string): Promise<void> {
  const aside = `${lock}.${process.pid}.${Date.now()}`;
  await rename(lock, aside).then(
    () => rm(aside, { recursive: true, force: true }),
    () => {},
  );
}
