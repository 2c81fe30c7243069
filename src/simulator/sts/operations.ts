import type { AssumeRoleResponse, GetCallerIdentityResponse } from '@aws-sdk/client-sts';
import { AwsError, type Caller, type Operation } from '../kernel.js';
import type { Scenario } from '../scenario.js';
import { principalArn, type Sessions } from './sessions.js';

/** Of a role that says nothing else (API reference, AssumeRole). */
const longestSeconds = 3600;

/** STS: whom an access key belongs to, every key of a user being a user of its own here; and the roles of the account. */
export const createStsOperations = (
  roles: Scenario['roles'],
  sessions: Sessions,
): Record<string, Operation> => ({
  GetCallerIdentity: (_input, { accessKeyId, principal, accountId }): GetCallerIdentityResponse => {
    const session = sessions.of(accessKeyId);
    return {
      UserId: session ? `${session.roleId}:${session.name}` : principal,
      Account: accountId,
      Arn: principalArn(accountId, principal),
    };
  },

  AssumeRole: (input, caller): AssumeRoleResponse => {
    const { RoleArn, RoleSessionName, ExternalId, DurationSeconds = String(longestSeconds) } = input;
    const arn = required('roleArn', RoleArn);
    const name = required('roleSessionName', RoleSessionName);
    if (!/^[\w+=,.@-]{2,64}$/.test(name)) {
      throw invalid(name, 'roleSessionName', 'Member must satisfy regular expression pattern: [\\w+=,.@-]*');
    }
    const seconds = Number(DurationSeconds);
    if (!Number.isInteger(seconds) || seconds < 900) {
      throw invalid(
        String(DurationSeconds),
        'durationSeconds',
        'Member must have value greater than or equal to 900',
      );
    }
    if (seconds > longestSeconds) {
      throw new AwsError(
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      );
    }
    const [, account, roleName] = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
    if (roleName === undefined) throw new AwsError('ValidationError', `${arn} is invalid`);
    const role = account === caller.accountId ? roles.find((one) => one.name === roleName) : undefined;
    // One answer for a role that is not there, does not trust the caller, or wants another external id.
    if (!role || !trusts(role, caller) || (role.externalId !== undefined && role.externalId !== ExternalId)) {
      throw new AwsError(
        'AccessDenied',
        `User: ${principalArn(caller.accountId, caller.principal)} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
        403,
      );
    }
    const session = sessions.open(roleName, name, seconds);
    return {
      Credentials: {
        AccessKeyId: session.accessKeyId,
        SecretAccessKey: session.secretAccessKey,
        SessionToken: session.token,
        Expiration: new Date(session.expiresAt),
      },
      AssumedRoleUser: {
        AssumedRoleId: `${session.roleId}:${name}`,
        Arn: `arn:aws:sts::${caller.accountId}:assumed-role/${roleName}/${name}`,
      },
    };
  },
});

const trusts = ({ trusts }: Scenario['roles'][number], { principal }: Caller): boolean =>
  trusts === undefined || trusts.includes(principal);

function required(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new AwsError(
    'ValidationError',
    `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`,
  );
}

const invalid = (value: string, name: string, constraint: string): AwsError =>
  new AwsError(
    'ValidationError',
    `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: ${constraint}`,
  );
