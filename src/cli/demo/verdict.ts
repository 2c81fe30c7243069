import type { RolloutReport } from '../../model/report.js';
import { stateOf } from '../../model/result-view.js';
import type { DemoScenario } from './scenario.js';

/** What a rollout of the demo did otherwise than its scenario should give, as lines for people; none when all is well. */
export function surprises(demo: DemoScenario, report: RolloutReport): string[] {
  const results = new Map(
    report.groups.flatMap(({ result, ec2InstanceIds }) => ec2InstanceIds.map((id) => [id, result] as const)),
  );
  const lines: string[] = [];
  if (demo.expected.size === 0) {
    const notUpdated = [...results].filter(([, { kind }]) => kind !== 'updated');
    for (const [id, result] of notUpdated) lines.push(`${id} is ${stateOf(result)}, not updated.`);
    return lines;
  }
  for (const [id, state] of demo.expected) {
    const result = results.get(id);
    const found = result ? stateOf(result) : 'missing';
    if (found !== state) lines.push(`${id} is ${found}, not ${state}.`);
    const reason = demo.expectedReasons.get(id);
    if (reason && result && 'reason' in result && result.reason.code !== reason) {
      lines.push(`${id} is ${found} because of ${result.reason.code}, not ${reason}.`);
    }
  }
  return lines;
}
