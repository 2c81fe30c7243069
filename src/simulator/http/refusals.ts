import type { AccessRequest } from '../iam/request.js';
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

/** Services that show their actions under a name of their own. */
const shownAs: Partial<Record<ServiceName, string>> = { sns: 'SNS' };

/** The error for somebody whose policies do not allow a request, in the words of IAM (IAM user guide, access denied error messages). */
export function accessError(
  service: ServiceName,
  { action, resource }: AccessRequest,
  user: string,
  decision: 'denied' | 'not-allowed',
): AwsError {
  const [code, , status] = byService[service].denied;
  const shown = action.replace(service, shownAs[service] ?? service);
  // EC2 and Auto Scaling name no resource for actions that have none.
  const where =
    resource === '*' && (service === 'ec2' || service === 'autoscaling') ? '' : ` on resource: ${resource}`;
  const why =
    decision === 'denied'
      ? ' with an explicit deny in an identity-based policy'
      : ` because no identity-based policy allows the ${shown} action`;
  const before = service === 'ec2' ? 'You are not authorized to perform this operation. ' : '';
  return new AwsError(
    code,
    `${before}User: ${user} is not authorized to perform: ${shown}${where}${why}`,
    status,
  );
}
