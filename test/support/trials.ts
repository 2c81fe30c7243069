import { nobodys } from '../../src/aws/nobody.js';

/** Whether a request only tried whether it is allowed, and did nothing. */
export function isTrial({ parameters }: { parameters: unknown }): boolean {
  const text = JSON.stringify(parameters);
  return text.includes(`"${nobodys.documentVersion}"`) || /"DryRun":"?true/.test(text);
}
