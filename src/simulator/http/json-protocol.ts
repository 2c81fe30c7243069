import { AwsError } from '../kernel.js';
import type { Protocol } from './protocol.js';

const contentType = 'application/x-amz-json-1.1';

/** Dates are seconds since the epoch, with fractions. */
function stringify(value: object): string {
  return JSON.stringify(
    value,
    function (this: Record<string, unknown>, key: string, member: unknown): unknown {
      const original = this[key];
      return original instanceof Date ? original.getTime() / 1000 : member;
    },
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** awsJson1_1, of ECS, SSM and KMS. */
export const jsonProtocol: Protocol = {
  readInput(body) {
    let input: unknown;
    try {
      input = body === '' ? {} : JSON.parse(body);
    } catch {
      throw new AwsError('SerializationException', '');
    }
    if (!isRecord(input)) throw new AwsError('SerializationException', 'Start of structure or map expected');
    return input;
  },
  writeAnswer: (_action, answer) => ({ status: 200, contentType, body: stringify(answer) }),
  writeError: (error) => ({
    status: error.status,
    contentType,
    body: JSON.stringify({ __type: error.code, ...(error.message && { message: error.message }) }),
  }),
  missingAuthentication: () =>
    new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403),
  wrongScope: (service) =>
    new AwsError(
      'InvalidSignatureException',
      `Credential should be scoped to correct service: '${service}'. `,
    ),
  wrongRegion: () =>
    new AwsError('InvalidSignatureException', 'Credential should be scoped to a valid region. '),
  unknownAction: () => new AwsError('UnknownOperationException', ''),
};
