import type { Notice, NoticeInstance } from './notice.js';
import { countsText } from './notice-counts.js';

/** The first line of a message: what happened, with the counts. */
export function headline({ title, counts }: Notice): string {
  const counted = counts ? countsText(counts) : '';
  return counted ? `${title}: ${counted}` : title;
}

/** The table of instances, each with its reason on a line of its own; empty without instances. */
export function instanceLines({ instances, more }: Pick<Notice, 'instances' | 'more'>): string[] {
  if (instances.length === 0) return more > 0 ? [`${more} more instances`] : [];
  const cells = [
    ['INSTANCE', 'STATE', 'FROM', 'TO'],
    ...instances.map(({ id, state, from, to }) => [id, state, from ?? '-', to ?? '-']),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const [head = '', ...rows] = cells.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [
    head,
    ...rows.flatMap((row, index) => [row, ...reasonOf(instances[index])]),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

const reasonOf = (instance: NoticeInstance | undefined): string[] =>
  instance?.reason ? [`  ${instance.reason}`] : [];

/** Where to look further, beside the commands. */
export function whereabouts({ cluster, rollout }: Notice): string[] {
  const place = `Cluster ${cluster.name} in ${cluster.region}`;
  return [rollout ? `${place}. Temporal: workflow ${rollout.workflowId}, rollout ${rollout.id}` : place];
}

/** A message as plain text, for mail. */
export const noticeText = (notice: Notice): string =>
  [
    [headline(notice), ...notice.reasons],
    instanceLines(notice),
    ['Look further:', ...notice.commands.map((command) => `  ${command}`)],
    whereabouts(notice),
  ]
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n');
