import { withoutSecrets } from '../model/secrets.js';

/** Variables whose value is a secret, by their names. */
const secretName = /KEY|TOKEN|SECRET|PASSW|CREDENTIAL|WEBHOOK|SLACK|HEADERS/i;
/** Variables of such names that only say where a secret is, or who has it. */
const publicName = /^AWS_ACCESS_KEY_ID$|_(?:PATH|FILE|URI|FULL_URI|RELATIVE_URI)$/i;

/** What is shorter stands in other words, too. */
const leastLength = 8;

/** Values of these variables that must not be logged. */
const secretsIn = (env: NodeJS.ProcessEnv): string[] =>
  Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && secretName.test(name) && !publicName.test(name) ? [value] : [],
  );

/** Makes a function that takes out of a line the secrets of the environment, these others, and whatever else looks like one. */
export function redaction(
  others: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): (line: string) => string {
  const known = [...others, ...secretsIn(env)]
    .filter(({ length }) => length >= leastLength)
    // As it stands in a line of JSON; one that contains another first.
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .toSorted((a, b) => b.length - a.length);
  return (line) => withoutSecrets(known.reduce((text, secret) => text.replaceAll(secret, '…'), line));
}
