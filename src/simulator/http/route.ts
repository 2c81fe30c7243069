import type { ServiceName } from '../kernel.js';
import { jsonProtocol } from './json-protocol.js';
import type { Protocol } from './protocol.js';
import { autoScalingProtocol, ec2Protocol, snsProtocol, stsProtocol } from './xml-protocols.js';

/** Where a request goes, as its target header or its `Action` and credential scope say. */
export interface Route {
  service: ServiceName;
  action: string;
  protocol: Protocol;
}

const targets: Record<string, ServiceName> = {
  AmazonEC2ContainerServiceV20141113: 'ecs',
  AmazonSSM: 'ssm',
  TrentService: 'kms',
};

/** Services of awsQuery; what is for none of them is for EC2. */
const queryRoutes: readonly { service: ServiceName; version: string; protocol: Protocol }[] = [
  { service: 'sts', version: '2011-06-15', protocol: stsProtocol },
  { service: 'autoscaling', version: '2011-01-01', protocol: autoScalingProtocol },
  { service: 'sns', version: '2010-03-31', protocol: snsProtocol },
];

/** What can be read of the destination before the body is decoded; undefined where no service would feel addressed. */
export function routeOf(request: {
  target: string | undefined;
  contentType: string | undefined;
  scopeService: string | undefined;
  body: string;
}): Route | undefined {
  if (request.target !== undefined) {
    const [prefix = '', action = ''] = request.target.split('.');
    const service = targets[prefix];
    return service && { service, action, protocol: jsonProtocol };
  }
  if (!request.contentType?.startsWith('application/x-www-form-urlencoded')) return undefined;
  const query = new URLSearchParams(request.body);
  const action = query.get('Action') ?? '';
  // The scope says which service is meant; without one, the API version does.
  const route = queryRoutes.find(({ service, version }) =>
    request.scopeService ? request.scopeService === service : query.get('Version') === version,
  );
  const { service, protocol }: Omit<Route, 'action'> = route ?? { service: 'ec2', protocol: ec2Protocol };
  return { service, action, protocol };
}
