import { jsonProtocol } from './json-protocol.js';
import type { Protocol, ServiceName } from './protocol.js';
import { ec2Protocol, stsProtocol } from './xml-protocols.js';

/** Where a request goes, as its target header or its `Action` and credential scope say. */
export interface Route {
  service: ServiceName;
  action: string;
  protocol: Protocol;
}

const targets: Record<string, ServiceName> = {
  AmazonEC2ContainerServiceV20141113: 'ecs',
  AmazonSSM: 'ssm',
};

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
  const isSts =
    request.scopeService === 'sts' || (!request.scopeService && query.get('Version') === '2011-06-15');
  return isSts
    ? { service: 'sts', action, protocol: stsProtocol }
    : { service: 'ec2', action, protocol: ec2Protocol };
}
