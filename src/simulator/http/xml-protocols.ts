import { XMLBuilder } from 'fast-xml-parser';
import { AwsError } from '../kernel.js';
import type { Protocol, Reply } from './protocol.js';
import { parseQueryInput } from './query-input.js';

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressEmptyNode: true,
});

const reply = (status: number, document: object): Reply => ({
  status,
  contentType: 'text/xml;charset=UTF-8',
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(document)}`,
});

/** Names on the wire where they are not the member's own with a small first letter (EC2 service model). */
const ec2Names: Record<string, string> = {
  Reservations: 'reservationSet',
  Groups: 'groupSet',
  Instances: 'instancesSet',
  'Instance.State': 'instanceState',
  PublicDnsName: 'dnsName',
  Tags: 'tagSet',
  InstanceStatuses: 'instanceStatusSet',
  TerminatingInstances: 'instancesSet',
};

/** An answer's members as EC2 writes them: lists hold `item`s, dates are ISO 8601. */
function toEc2Tree(value: unknown, parent = ''): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return { item: value.map((item) => toEc2Tree(item, parent)) };
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === undefined ? [] : [[ec2Name(parent, name), toEc2Tree(member, name.replace(/s$/, ''))]],
    ),
  );
}

const ec2Name = (parent: string, name: string): string =>
  ec2Names[`${parent}.${name}`] ?? ec2Names[name] ?? name.charAt(0).toLowerCase() + name.slice(1);

/** The parameters of an action, without those that choose it. */
function readQuery(body: string, version: string): Record<string, unknown> {
  const { Action: _action, Version, ...input } = parseQueryInput(body);
  if (Version !== version)
    throw new AwsError('NoSuchVersion', `The requested version (${String(Version)}) is not valid.`);
  return input;
}

/** ec2Query. */
export const ec2Protocol: Protocol = {
  readInput: (body) => readQuery(body, '2016-11-15'),
  writeAnswer: (action, answer, requestId) =>
    reply(200, {
      [`${action}Response`]: {
        '@xmlns': 'http://ec2.amazonaws.com/doc/2016-11-15/',
        requestId,
        ...(Object.keys(answer).length === 0 ? { return: true } : Object(toEc2Tree(answer))),
      },
    }),
  writeError: ({ code, message, status }, requestId) =>
    reply(status, {
      Response: { Errors: { Error: { Code: code, Message: message } }, RequestID: requestId },
    }),
  missingAuthentication: () =>
    new AwsError('AuthFailure', 'AWS was not able to validate the provided access credentials', 401),
  wrongScope: () =>
    new AwsError('AuthFailure', "Credential should be scoped to correct service: 'ec2'. ", 401),
  wrongRegion: () => new AwsError('AuthFailure', 'Credential should be scoped to a valid region. ', 401),
  unknownAction: (action) =>
    new AwsError('InvalidAction', `The action ${action} is not valid for this web service.`),
};

/** An answer's members as awsQuery writes them: lists hold `member`s, dates are ISO 8601. */
function toQueryTree(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return { member: value.map(toQueryTree) };
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      member === undefined ? [] : [[name, toQueryTree(member)]],
    ),
  );
}

/** awsQuery, of one service in one version of its API. */
const queryProtocol = (version: string, namespace: string): Protocol => ({
  readInput: (body) => readQuery(body, version),
  writeAnswer: (action, answer, requestId) =>
    reply(200, {
      [`${action}Response`]: {
        '@xmlns': namespace,
        [`${action}Result`]: toQueryTree(answer),
        ResponseMetadata: { RequestId: requestId },
      },
    }),
  writeError: ({ code, message, status }, requestId) =>
    reply(status, {
      ErrorResponse: {
        '@xmlns': namespace,
        Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message },
        RequestId: requestId,
      },
    }),
  missingAuthentication: () =>
    new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403),
  wrongScope: (service) =>
    new AwsError(
      'SignatureDoesNotMatch',
      `Credential should be scoped to correct service: '${service}'. `,
      403,
    ),
  wrongRegion: () =>
    new AwsError('SignatureDoesNotMatch', 'Credential should be scoped to a valid region. ', 403),
  unknownAction: (action) =>
    new AwsError('InvalidAction', `Could not find operation ${action} for version ${version}`),
});

/** awsQuery, of STS. */
export const stsProtocol = queryProtocol('2011-06-15', 'https://sts.amazonaws.com/doc/2011-06-15/');

/** awsQuery, of SNS. */
export const snsProtocol = queryProtocol('2010-03-31', 'http://sns.amazonaws.com/doc/2010-03-31/');

/** awsQuery, of Auto Scaling. */
export const autoScalingProtocol = queryProtocol(
  '2011-01-01',
  'http://autoscaling.amazonaws.com/doc/2011-01-01/',
);
