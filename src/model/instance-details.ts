import { explainResult, formatMs } from './explain.js';
import { markdownCommands, markdownText } from './markdown.js';
import { phaseTexts } from './phase-text.js';
import type { InstanceInput, InstanceStatus } from './steering.js';

const longestVersion = 64;
const longestSaid = 300;

/**
 * The work on an instance as Temporal's UI shows it, in Markdown: phase and since when, versions, how long that may take, what stands out, and the
 * commands to look further. What is awaited at this moment is said by the pending activity, beside it in the UI.
 */
export function instanceDetails(
  { cluster, instance, settings, work }: InstanceInput,
  { phase, since, from, to, note, needsAttention, outcome }: InstanceStatus,
): string {
  const place = `--cluster ${cluster.name} --instance ${instance.ec2InstanceId}`;
  const versions = [
    ...(from === null ? [] : [`from ${markdownText(from, longestVersion)}`]),
    ...(to === null ? [] : [`to ${markdownText(to, longestVersion)}`]),
  ].join(' ');
  return [
    outcome
      ? `**${outcome.kind}**: ${markdownText(explainResult(outcome), longestSaid)}`
      : `**${phase}** since ${since}: ${doing(phase, work.mode, settings.limits)}`,
    ...(versions ? [`Update ${versions}.`] : []),
    ...(note === null
      ? []
      : [`**${needsAttention ? 'Needs attention' : 'Note'}**: ${markdownText(note, longestSaid)}`]),
    ...(outcome ? [] : ['The pending activity says what is awaited now.']),
    `Look further:`,
    markdownCommands([
      `ecs-updater why ${place}`,
      `ecs-updater history ${place}`,
      ...(outcome ? [] : [`ecs-updater status --cluster ${cluster.name} --watch`]),
    ]),
  ].join('\n\n');
}

/** What is being done, and for how long at most. */
function doing(
  phase: InstanceStatus['phase'],
  mode: InstanceInput['work']['mode'],
  limits: InstanceInput['settings']['limits'],
): string {
  if (mode === 'restore' && phase === 'rebooting')
    return 'it is given back once nothing that an interrupted rollout ordered can act any more.';
  const { does, limit, after } = phaseTexts[phase];
  return limit === null ? `it ${does}.` : `it ${does}, at most ${formatMs(limits[limit])}; then ${after}.`;
}
