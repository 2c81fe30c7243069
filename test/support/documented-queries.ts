import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const page = readFileSync(fileURLToPath(new URL('../../docs/watching.md', import.meta.url)), 'utf8');

/** The command lines by which `docs/watching.md` has one find workflows, for this cluster and this instance. */
export function documentedQueries(
  cluster: string,
  ec2InstanceId: string,
): { failed: string; draining: string; instance: string; stopped: string } {
  const [failed, draining, instance, stopped, ...others] = page
    .split('\n')
    .flatMap((line) => /^ {4}(temporal workflow list --query .*)$/.exec(line)?.[1] ?? [])
    .map((line) =>
      line.replaceAll('"prod"', `"${cluster}"`).replaceAll('i-0abc1234def567890', ec2InstanceId),
    );
  if (!failed || !draining || !instance || !stopped || others.length > 0)
    throw new Error('docs/watching.md has other queries than those that are tested');
  return { failed, draining, instance, stopped };
}
