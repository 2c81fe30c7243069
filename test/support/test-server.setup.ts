import type { TestProject } from 'vitest/node';
import { findTestServer } from '../../src/temporal/local-server.js';

/** Finds or fetches the time-skipping server once, before the test files of a suite start it. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('testServer', await findTestServer());
}
