import type { Clock, ServiceName } from '../kernel.js';
import { refusalOf } from './refusals.js';

/** A token bucket: how many at once, how many more each simulated second. */
interface Limit {
  burst: number;
  perSecond: number;
}

/** Published limits per account and Region (aws-facts §1.4); Systems Manager publishes none. */
const limits = {
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
} satisfies Record<string, Limit>;

/** Actions of one kind share one rate limit. */
export type Category = keyof typeof limits;

const isCategory = (text: string): text is Category => Object.hasOwn(limits, text);

/** The names of all categories. */
export const categoryNames: readonly Category[] = Object.keys(limits).filter(isCategory);

const categories: Record<string, Category> = {
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

/** What a category allows. */
export const limitOf = (category: Category): Limit => limits[category];

/** The rate limit that an action falls under; undefined where none is published. */
export const categoryOf = (service: ServiceName, action: string): Category | undefined => {
  const category = Object.hasOwn(categories, action) ? categories[action] : undefined;
  return category?.startsWith(`${service} `) ? category : undefined;
};

/** AWS's request rate limits, in simulated time. */
export class Throttle {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(readonly clock: Clock) {}

  /** Throws the service's throttling error if the caller is too fast. */
  admit(service: ServiceName, action: string): void {
    const category = categoryOf(service, action);
    if (category === undefined) return;
    const limit = limitOf(category);
    const now = this.clock.now();
    const bucket = this.#buckets.get(category) ?? { tokens: limit.burst, at: now };
    const tokens = Math.min(limit.burst, bucket.tokens + ((now - bucket.at) / 1000) * limit.perSecond);
    this.#buckets.set(category, { tokens: Math.max(0, tokens - 1), at: now });
    if (tokens >= 1) return;
    throw refusalOf(service, 'throttled');
  }
}
