import { readPackageFile } from '../../aws/package-files.js';
import type { PolicyDocument } from '../../simulator/iam/policy.js';
import { startSimulator, type Simulator } from '../../simulator/simulator.js';
import type { Scenario } from '../../simulator/scenario.js';

/** A simulated fleet that this process's AWS clients talk to, as the worker. */
export interface SimulatedAws {
  url: string;
  /** Variables that point any AWS client at it, as whoever types commands. */
  environment: Record<string, string>;
  /** Of whoever types commands. */
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** Tells the audit what our principal may do. */
  declare: (maxUnavailable: number) => Promise<void>;
  /** Tells the audit that our work has ended, and returns every violation as a line. */
  violations: () => Promise<string[]>;
  close: () => Promise<void>;
}

/** The worker's access key, which has the worker's policy and no more. */
const principal = 'AKIADEMOECSUPDATER00';
const credentials = { accessKeyId: 'AKIADEMOOPERATOR0000', secretAccessKey: 'not-a-secret' };

const policyOf = async (file: string): Promise<PolicyDocument> => {
  const document: PolicyDocument = JSON.parse(await readPackageFile('deploy', file));
  return document;
};

/** Starts the simulator, which enforces our policies, and points this process at it. */
export async function startSimulatedAws(scenario: Scenario, speed: number): Promise<SimulatedAws> {
  const simulator: Simulator = await startSimulator({
    scenario,
    speed,
    policies: [
      { document: await policyOf('iam-policy.json'), principals: [principal] },
      { document: await policyOf('iam-policy-operator.json'), principals: [credentials.accessKeyId] },
    ],
  });
  const environment = {
    AWS_ENDPOINT_URL: simulator.url,
    AWS_REGION: scenario.region,
    AWS_DEFAULT_REGION: scenario.region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  // A profile or a session of the user's would be preferred to these, or sent along with them.
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_DEFAULT_PROFILE']) delete process.env[name];
  Object.assign(process.env, environment, { AWS_ACCESS_KEY_ID: principal });
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(
      `${simulator.url}/_sim/${path}`,
      body ? { method: 'POST', body: JSON.stringify(body) } : {},
    );
    if (!answer.ok) throw new Error(`the simulator refused ${path}: ${await answer.text()}`);
    return answer.json();
  };
  return {
    url: simulator.url,
    environment,
    credentials,
    declare: async (maxUnavailable) => {
      await ask('audit', { principal, cluster: scenario.cluster, maxUnavailable });
    },
    violations: async () => {
      await ask('audit', { principal, ended: true, held: [] });
      const found = await ask('violations');
      return Array.isArray(found)
        ? found.map((violation) => JSON.stringify(violation))
        : [JSON.stringify(found)];
    },
    close: () => simulator.close(),
  };
}
