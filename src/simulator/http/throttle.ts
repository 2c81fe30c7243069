import { AwsError, type Clock, type ServiceName } from '../kernel.js';

/** A token bucket: how many at once, how many more each simulated second. */
interface Limit {
  burst: number;
  perSecond: number;
}

/** Published limits per account and Region (aws-facts §1.4); Systems Manager publishes none. */
const limits: Record<string, Limit> = {
  'ecs cluster read': { burst: 50, perSecond: 20 },
  'ecs cluster-resource read': { burst: 100, perSecond: 20 },
  'ecs cluster-resource modify': { burst: 100, perSecond: 40 },
  'ecs service read': { burst: 100, perSecond: 20 },
  'ecs service modify': { burst: 50, perSecond: 5 },
  'ecs tag modify': { burst: 20, perSecond: 10 },
  'ecs task protection': { burst: 200, perSecond: 80 },
  'ec2 describe': { burst: 100, perSecond: 20 },
  'ec2 modify': { burst: 50, perSecond: 5 },
  'ec2 terminate': { burst: 100, perSecond: 5 },
};

const categories: Record<string, string> = {
  ListClusters: 'ecs cluster read',
  DescribeClusters: 'ecs cluster read',
  ListContainerInstances: 'ecs cluster-resource read',
  DescribeContainerInstances: 'ecs cluster-resource read',
  ListTasks: 'ecs cluster-resource read',
  DescribeTasks: 'ecs cluster-resource read',
  ListAttributes: 'ecs cluster-resource read',
  UpdateContainerInstancesState: 'ecs cluster-resource modify',
  PutAttributes: 'ecs cluster-resource modify',
  DeleteAttributes: 'ecs cluster-resource modify',
  DeregisterContainerInstance: 'ecs cluster-resource modify',
  RunTask: 'ecs cluster-resource modify',
  StopTask: 'ecs cluster-resource modify',
  ListServices: 'ecs service read',
  DescribeServices: 'ecs service read',
  UpdateService: 'ecs service modify',
  TagResource: 'ecs tag modify',
  GetTaskProtection: 'ecs task protection',
  UpdateTaskProtection: 'ecs task protection',
  DescribeInstances: 'ec2 describe',
  DescribeInstanceStatus: 'ec2 describe',
  RebootInstances: 'ec2 modify',
  TerminateInstances: 'ec2 terminate',
};

/** AWS's request rate limits, in simulated time. */
export class Throttle {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(readonly clock: Clock) {}

  /** Throws the service's throttling error if the caller is too fast. */
  admit(service: ServiceName, action: string): void {
    const category = categories[action];
    const limit = category === undefined ? undefined : limits[category];
    if (category === undefined || !limit) return;
    const now = this.clock.now();
    const bucket = this.#buckets.get(category) ?? { tokens: limit.burst, at: now };
    const tokens = Math.min(limit.burst, bucket.tokens + ((now - bucket.at) / 1000) * limit.perSecond);
    this.#buckets.set(category, { tokens: Math.max(0, tokens - 1), at: now });
    if (tokens >= 1) return;
    throw service === 'ec2'
      ? new AwsError('RequestLimitExceeded', 'Request limit exceeded.', 503)
      : new AwsError('ThrottlingException', 'Rate exceeded');
  }
}
