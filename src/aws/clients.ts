import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECSClient } from '@aws-sdk/client-ecs';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { AwsCredentialIdentity, Pluggable } from '@smithy/types';
import type { AssumedRole, ClusterRef } from '../model/names.js';
import { type CallObserver, observed } from './calls.js';
import { callNames } from './errors.js';
import { packageVersion } from './package-files.js';

/** The AWS clients of one Region. */
export interface AwsClients {
  ecs: ECSClient;
  ec2: EC2Client;
  autoScaling: AutoScalingClient;
  /** Sends a request once: nothing tells EC2 that a second RebootInstances is the first one, repeated. */
  ec2Once: EC2Client;
  sns: SNSClient;
  ssm: SSMClient;
  /** Sends a request once: SendCommand has no token by which AWS would know a second one for the same. */
  ssmOnce: SSMClient;
  /** Says who we are. */
  sts: STSClient;
}

/** Under this name a session of an assumed role stands in CloudTrail. */
const sessionName = 'ecs-updater';

/** Makes clients of a Region, by default the SDK's own choice. The endpoint is the SDK's own, too. */
export function createClients({
  answersWithinMs = 15_000,
  assume,
  observe,
  ...options
}: {
  region?: string;
  /** Default: the SDK's own choice. */
  credentials?: AwsCredentialIdentity;
  /** A role whose temporary credentials the clients have; they are renewed before they expire. */
  assume?: AssumedRole | undefined;
  /** An answer later than this is none. The SDK alone would wait for ever (aws-facts, default client). */
  answersWithinMs?: number;
  /** Is told of every request. Default: nobody is. */
  observe?: CallObserver | undefined;
} = {}): AwsClients {
  const requestHandler = {
    connectionTimeout: 5000,
    requestTimeout: answersWithinMs,
    throwOnRequestTimeout: true,
    // The request's own limit ends with the first byte of the answer.
    socketTimeout: answersWithinMs,
  };
  const base = {
    ...options,
    ...(assume && {
      credentials: fromTemporaryCredentials({
        params: {
          RoleArn: assume.roleArn,
          RoleSessionName: sessionName,
          ...(assume.externalId !== undefined && { ExternalId: assume.externalId }),
        },
        clientConfig: { ...options, requestHandler, maxAttempts: 3 },
      }),
    }),
    requestHandler,
    customUserAgent: [['ecs-updater', packageVersion()] satisfies [string, string]],
  };
  const few = { ...base, maxAttempts: 3 };
  const clients = {
    ecs: new ECSClient(few),
    ec2: new EC2Client(few),
    autoScaling: new AutoScalingClient(few),
    ec2Once: new EC2Client({ ...base, maxAttempts: 1 }),
    sns: new SNSClient(few),
    ssm: new SSMClient(few),
    ssmOnce: new SSMClient({ ...base, maxAttempts: 1 }),
    sts: new STSClient(few),
  };
  const knownAs = <I extends object, O extends object>(service: string): Pluggable<I, O> => ({
    applyToStack: (stack) => {
      stack.use(callNames(service));
      if (observe) stack.use(observed(service, options.region ?? 'default', observe));
    },
  });
  clients.ecs.middlewareStack.use(knownAs('ecs'));
  clients.ec2.middlewareStack.use(knownAs('ec2'));
  clients.autoScaling.middlewareStack.use(knownAs('autoscaling'));
  clients.ec2Once.middlewareStack.use(knownAs('ec2'));
  clients.sns.middlewareStack.use(knownAs('sns'));
  clients.ssm.middlewareStack.use(knownAs('ssm'));
  clients.ssmOnce.middlewareStack.use(knownAs('ssm'));
  return clients;
}

/** Where a cluster is, and who one is there. */
export type AwsPlace = Pick<ClusterRef, 'region' | 'assume'>;

/** Clients by Region and role, each made once; `observe` is told of every request. */
export function clientsByPlace(observe?: CallObserver): (place: AwsPlace) => AwsClients {
  const made = new Map<string, AwsClients>();
  return ({ region, assume }) => {
    const key = JSON.stringify([region, assume?.roleArn, assume?.externalId]);
    const clients = made.get(key) ?? createClients({ region, assume, observe });
    made.set(key, clients);
    return clients;
  };
}
