import { expect } from 'vitest';
import type { ScenarioInput } from '../../../../src/simulator/scenario.js';
import { threeInstances } from '../support.js';

/** Three instances with a service of each kind and a standalone task. */
export const scenario: ScenarioInput = {
  instances: threeInstances,
  services: [
    { name: 'web', desiredCount: 3 },
    { name: 'logs', schedulingStrategy: 'DAEMON', cpu: 64, memory: 64 },
  ],
  tasks: [{ family: 'batch', on: 'a' }],
};

/** The refusal of a parameter, with its words. */
export const invalid = (message: string | RegExp) => ({
  name: 'InvalidParameterException',
  message: typeof message === 'string' ? message : expect.stringMatching(message),
  $metadata: expect.objectContaining({ httpStatusCode: 400, requestId: expect.any(String) }),
});
