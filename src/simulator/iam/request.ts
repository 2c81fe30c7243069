/** What IAM is asked about one of the resources that a call names. */
export interface AccessRequest {
  /** `ecs:ListTasks`. */
  action: string;
  /** ARN; `*` where the action has no resource types, or the call names none. */
  resource: string;
  /** Condition keys that the request has, with their values. */
  context: Readonly<Record<string, readonly string[]>>;
}

/** Condition keys that hold several values, which an operator has to say what to do with. */
export const multivalued: ReadonlySet<string> = new Set(['aws:tagkeys']);

/** Every other condition key that requests of the simulator may have; those that end with a slash or a colon go on with the key of a tag, or the like. In small letters: in keys case does not matter. */
const single = [
  'aws:requestedregion',
  'aws:resourcetag/',
  'aws:requesttag/',
  'ecs:cluster',
  'ecs:resourcetag/',
  'ssm:resourcetag/',
  'ec2:resourcetag/',
  'ec2:region',
  'sts:externalid',
  'sts:rolesessionname',
  // Goes on with a key of the encryption context.
  'kms:encryptioncontext:',
];

/** Whether a policy may ask for this condition key: one that is not known would count as missing, whatever AWS has. */
export function isKnownKey(key: string): boolean {
  const name = key.toLowerCase();
  return (
    multivalued.has(name) ||
    single.some((one) => (/[/:]$/.test(one) ? name.startsWith(one) && name > one : name === one))
  );
}
