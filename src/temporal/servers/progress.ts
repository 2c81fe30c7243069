import type { Report } from './cache.js';

const everyMs = 5000;

/** Says that something lengthy goes on, at once and then every few seconds with the time it has taken. */
export async function withProgress<T>(report: Report, what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  report(`${what} …`);
  const timer = setInterval(() => report(`${what} … ${seconds()} s`), everyMs);
  try {
    const result = await work();
    report(`${what}: done after ${seconds()} s`);
    return result;
  } catch (err) {
    report(`${what}: failed after ${seconds()} s`);
    throw err;
  } finally {
    clearInterval(timer);
  }
}
