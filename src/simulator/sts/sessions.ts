import type { Clock } from '../kernel.js';
import type { SeededRandom } from '../random.js';

/** A role that was assumed. */
export interface Session {
  role: string;
  name: string;
  /** `AROA…`, the same for every session of the role. */
  roleId: string;
  accessKeyId: string;
  secretAccessKey: string;
  token: string;
  /** Milliseconds since the epoch, virtual. */
  expiresAt: number;
}

/** What is wrong with the credentials of a request. */
export type SessionFault = 'expired' | 'unknown-key';

/** Access keys of this form are temporary (IAM user guide, unique identifiers). */
const isTemporary = (accessKeyId: string): boolean => accessKeyId.startsWith('ASIA');

/** The ARN of who acts: every access key is a user of its own. */
export const principalArn = (accountId: string, principal: string): string =>
  principal.startsWith('assumed-role/')
    ? `arn:aws:sts::${accountId}:${principal}`
    : `arn:aws:iam::${accountId}:user/${principal}`;

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The temporary credentials that STS has given out. */
export class Sessions {
  readonly #byKey = new Map<string, Session>();
  readonly #roleIds = new Map<string, string>();

  constructor(
    private readonly clock: Clock,
    private readonly random: SeededRandom,
  ) {}

  open(role: string, name: string, seconds: number): Session {
    const roleId = this.#roleIds.get(role) ?? `AROA${this.random.token(17, digits)}`;
    this.#roleIds.set(role, roleId);
    const session: Session = {
      role,
      name,
      roleId,
      accessKeyId: `ASIA${this.random.token(16, digits)}`,
      secretAccessKey: this.random.token(40),
      token: this.random.token(320),
      expiresAt: this.clock.now() + seconds * 1000,
    };
    this.#byKey.set(session.accessKeyId, session);
    return session;
  }

  /** The session of an access key; undefined for the key of a user, which lasts. */
  of(accessKeyId: string): Session | undefined {
    return this.#byKey.get(accessKeyId);
  }

  /** What AWS would turn these credentials away for; undefined: nothing. */
  fault(accessKeyId: string, token: string | undefined): SessionFault | undefined {
    const session = this.#byKey.get(accessKeyId);
    if (!session) return isTemporary(accessKeyId) ? 'unknown-key' : undefined;
    if (session.token !== token) return 'unknown-key';
    return session.expiresAt <= this.clock.now() ? 'expired' : undefined;
  }

  /** Who acts: every session of one name under a role is one principal, however often its credentials are renewed. */
  principal(accessKeyId: string): string {
    const session = this.#byKey.get(accessKeyId);
    return session ? `assumed-role/${session.role}/${session.name}` : accessKeyId;
  }
}
