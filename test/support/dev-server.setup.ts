import type { TestProject } from 'vitest/node';
import { startDevServer } from '../../src/temporal/dev-server.js';

/** One Temporal server for all test files of a suite; vitest runs what is returned also when tests fail. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startDevServer({ uiPort: false });
  project.provide('devServer', { address: server.address, namespace: server.namespace, pid: server.pid });
  return server.close;
}
