import type { GetCallerIdentityResponse } from '@aws-sdk/client-sts';
import type { Operation } from './kernel.js';

/** STS: whom an access key belongs to; every key is a user of its own here. */
export const createStsOperations = (): Record<string, Operation> => ({
  GetCallerIdentity: (_input, { principal, accountId }): GetCallerIdentityResponse => ({
    UserId: principal,
    Account: accountId,
    Arn: `arn:aws:iam::${accountId}:user/${principal}`,
  }),
});
