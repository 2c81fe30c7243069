import { AwsError, type ServiceName } from '../kernel.js';

/** Why a service turns a caller away, whatever it asks. */
export type Refusal = 'throttled' | 'denied' | 'expired' | 'unknown-key';

/** Each in the words of its protocol (common errors of each service's API reference; aws-facts §1.1 and §1.4). */
const ofJson: Record<Refusal, [code: string, message: string, status: number]> = {
  throttled: ['ThrottlingException', 'Rate exceeded', 400],
  denied: ['AccessDeniedException', 'User is not authorized to perform this action', 400],
  expired: ['ExpiredTokenException', 'The security token included in the request is expired', 400],
  'unknown-key': [
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
    400,
  ],
};

const ofEc2: typeof ofJson = {
  throttled: ['RequestLimitExceeded', 'Request limit exceeded.', 503],
  denied: ['UnauthorizedOperation', 'You are not authorized to perform this operation.', 403],
  expired: ['RequestExpired', 'Request has expired.', 400],
  'unknown-key': ['AuthFailure', 'AWS was not able to validate the provided access credentials', 401],
};

const ofQuery: typeof ofJson = {
  throttled: ['Throttling', 'Rate exceeded', 400],
  denied: ['AccessDenied', 'User is not authorized to perform this action', 403],
  expired: ['ExpiredToken', 'The security token included in the request is expired', 403],
  'unknown-key': ['InvalidClientTokenId', 'The security token included in the request is invalid.', 403],
};

const ofSns: typeof ofJson = {
  ...ofQuery,
  throttled: ['Throttled', 'Rate exceeded', 429],
  denied: ['AuthorizationError', 'User is not authorized to perform: SNS:Publish', 403],
};

const byService: Record<ServiceName, typeof ofJson> = {
  ecs: ofJson,
  ssm: ofJson,
  ec2: ofEc2,
  sts: ofQuery,
  autoscaling: ofQuery,
  sns: ofSns,
  kms: ofJson,
};

/** The error that a service says it with. */
export const refusalOf = (service: ServiceName, refusal: Refusal): AwsError =>
  new AwsError(...byService[service][refusal]);
