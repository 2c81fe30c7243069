import { describe, expect, test } from 'vitest';
import { answerWasLost, classify, type ErrorClass, toFailure } from '../../../src/aws/errors.js';
import { failureTypes } from '../../../src/model/failure-types.js';

/** An error as the SDK's clients throw it. */
function awsError(name: string, status?: number, message = 'told by AWS'): Error {
  return Object.assign(new Error(message), {
    name,
    $metadata: status === undefined ? {} : { httpStatusCode: status },
  });
}

/** An error of the connection: Node's, with a code. */
const lostConnection = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

const cases: [string, Error, ErrorClass][] = [
  ['ECS throttles', awsError('ThrottlingException', 400), 'retry'],
  ['EC2 throttles', awsError('RequestLimitExceeded', 503), 'retry'],
  ['SSM throttles', awsError('LimitExceededException', 400), 'retry'],
  ['any 429', awsError('Odd', 429), 'retry'],
  ['a 500 with a name', awsError('ServerException', 500), 'retry'],
  ['a 400 of the service’s own trouble', awsError('ServerException', 400), 'retry'],
  ['a 502 in HTML', awsError('SyntaxError', 502), 'retry'],
  ['a 200 that is no JSON', awsError('SyntaxError', 200), 'retry'],
  ['a 503 without a body', awsError('Unknown', 503), 'retry'],
  ['no answer in time', awsError('TimeoutError'), 'retry'],
  ['a connection that was reset', lostConnection('ECONNRESET'), 'retry'],
  ['a connection that was refused', lostConnection('ECONNREFUSED'), 'retry'],
  ['a name that does not resolve', lostConnection('EAI_AGAIN'), 'retry'],
  ['credentials that have expired', awsError('ExpiredTokenException', 400), 'retry'],
  ['credentials of EC2 that have expired', awsError('RequestExpired', 400), 'retry'],
  ['a command that cannot be read yet', awsError('InvocationDoesNotExist', 400), 'retry'],
  ['an instance that SSM does not know', awsError('InvalidInstanceId', 400), 'fails-instance'],
  ['an instance that EC2 does not know', awsError('InvalidInstanceID.NotFound', 400), 'fails-instance'],
  ['an instance that is gone from ECS', awsError('TargetNotFoundException', 400), 'fails-instance'],
  ['an instance with ten attributes', awsError('AttributeLimitExceededException', 400), 'fails-instance'],
  ['access denied by ECS', awsError('AccessDeniedException', 400), 'stops-rollout'],
  ['access denied by EC2', awsError('UnauthorizedOperation', 403), 'stops-rollout'],
  ['no such key', awsError('UnrecognizedClientException', 400), 'stops-rollout'],
  ['no such key at EC2', awsError('AuthFailure', 401), 'stops-rollout'],
  ['a wrong signature', awsError('InvalidSignatureException', 400), 'stops-rollout'],
  ['credentials that cannot be had now', awsError('CredentialsProviderError'), 'retry'],
  ['a missing cluster', awsError('ClusterNotFoundException', 400), 'stops-rollout'],
  ['a changed document', awsError('InvalidDocument', 400), 'stops-rollout'],
  ['a missing version of a document', awsError('InvalidDocumentVersion', 400), 'stops-rollout'],
  ['a request that is refused', awsError('InvalidParameterException', 400), 'stops-rollout'],
  ['a request that does not validate', awsError('ValidationException', 400), 'stops-rollout'],
  ['an action that AWS does not know', awsError('UnknownOperationException', 400), 'stops-rollout'],
];

describe('an error of AWS', () => {
  test.each(cases)('%s', (_, err, expected) => {
    expect(classify(err)).toBe(expected);
  });

  test('is retried unless it is known to be for good', () => {
    expect(toFailure(awsError('ThrottlingException', 400), 'prod')).toMatchObject({
      type: failureTypes.unavailable,
      nonRetryable: false,
    });
    expect(toFailure(awsError('InvalidInstanceId', 400), 'prod')).toMatchObject({
      type: failureTypes.failsInstance,
      nonRetryable: true,
    });
    expect(toFailure(awsError('AccessDeniedException', 400), 'prod')).toMatchObject({
      type: failureTypes.stopsRollout,
      nonRetryable: true,
    });
  });

  test('is always retried while an instance is given back', () => {
    for (const [, err] of cases) expect(toFailure(err, 'prod/i-1', true).nonRetryable).toBe(false);
  });

  test('says who, what, and what to do, however long AWS talks', () => {
    const failure = toFailure(awsError('AccessDeniedException', 400, `no ${'x'.repeat(5000)}`), 'prod/i-1');
    expect(failure.message).toMatch(/^prod\/i-1: /);
    expect(failure.message).toMatch(/Allow this action to the role of the worker\.$/);
    expect(failure.message.length).toBeLessThan(1000);
  });
});

test('only a request that may have arrived counts as lost', () => {
  expect(answerWasLost(awsError('TimeoutError'))).toBe(true);
  expect(answerWasLost(lostConnection('ECONNRESET'))).toBe(true);
  expect(answerWasLost(awsError('ServerException', 500))).toBe(true);
  expect(answerWasLost(awsError('SyntaxError', 200))).toBe(true);
  expect(answerWasLost(awsError('ThrottlingException', 400))).toBe(false);
  expect(answerWasLost(awsError('InvalidInstanceId', 400))).toBe(false);
});
