import { cutText } from './bounds.js';
import type { Notice, NoticeCounts, NoticeInstance } from './notice.js';
import { headline, instanceLines, noticeText, whereabouts } from './notice-text.js';

/** What SNS is told, but for the topic. */
export interface SnsMessage {
  subject: string;
  message: string;
  /** By these a subscription can filter. */
  attributes: Record<'event' | 'cluster' | 'id', string>;
}

/** SNS takes subjects of at most 100 ASCII characters that begin with no space (API reference, Publish). */
const longestSubject = 100;

/** A message for a topic. */
export const snsMessage = (notice: Notice): SnsMessage => ({
  subject: cutAscii(`ecs-updater: ${headline(notice)}`, longestSubject),
  message: noticeText(notice),
  attributes: { event: notice.event, cluster: notice.cluster.name, id: notice.id },
});

function cutAscii(text: string, length: number): string {
  const ascii = text.replaceAll(/[^ -~]/gu, '?');
  return ascii.length <= length ? ascii : `${ascii.slice(0, length - 3)}...`;
}

/** What a Slack-compatible webhook is sent. Others than Slack know no more than the text. */
export interface SlackMessage {
  text: string;
  unfurl_links: false;
  unfurl_media: false;
}

/** Slack shortens what is longer than 4000 characters (Slack API, chat.postMessage). */
const longestText = 3800;

/** A message for a chat. Where it would be too long, fewer instances have a line, then fewer reasons. */
export function slackMessage(notice: Notice): SlackMessage {
  let shown = notice;
  while (slackText(shown).length > longestText && shown.instances.length + shown.reasons.length > 1) {
    const { instances, reasons, more } = shown;
    shown =
      instances.length > 0
        ? { ...shown, instances: instances.slice(0, -1), more: more + 1 }
        : { ...shown, reasons: reasons.slice(0, -1) };
  }
  return { text: slackText(shown), unfurl_links: false, unfurl_media: false };
}

/** What anybody else may have written stands in a code block, in which nothing is a link, a picture or a heading. */
function slackText(notice: Notice): string {
  const table = instanceLines(notice);
  const block = [...notice.reasons, ...(table.length > 0 && notice.reasons.length > 0 ? [''] : []), ...table];
  return [
    `*${escapeSlack(headline(notice))}*`,
    ...(block.length > 0 ? [`\`\`\`\n${block.map(escapeSlack).join('\n')}\n\`\`\``] : []),
    `Look further: ${notice.commands.map((command) => `\`${escapeSlack(command)}\``).join(' or ')}`,
    ...whereabouts(notice).map(escapeSlack),
  ].join('\n');
}

/**
 * A text that means nothing but itself in a chat. `&`, `<` and `>` are Slack's own rule; with them nobody can call a channel there. Others,
 * as Mattermost, call whoever follows a bare `@`, and backticks would end a code block.
 */
export const escapeSlack = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('`', "'")
    .replaceAll('@', '@\u200B');

/** What a generic webhook is sent, version 1. A new version comes only with a change that a receiver of this one could not bear. */
export interface WebhookMessage {
  version: 1;
  id: string;
  type: Notice['event'];
  /** ISO 8601. */
  timestamp: string;
  data: {
    cluster: { name: string; arn: string; region: string };
    rollout: { id: string; workflowId: string; startedAt: string | null } | null;
    title: string;
    reasons: string[];
    counts: NoticeCounts | null;
    instances: NoticeInstance[];
    more: number;
    commands: string[];
    /** The whole message as plain text. */
    text: string;
  };
}

/** A message for a program. */
export function webhookMessage(notice: Notice): WebhookMessage {
  const {
    id,
    event,
    at,
    cluster,
    rollout,
    title,
    reasons,
    counts = null,
    instances,
    more,
    commands,
  } = notice;
  const { name, arn, region } = cluster;
  return {
    version: 1,
    id,
    type: event,
    timestamp: at,
    data: {
      cluster: { name, arn, region },
      rollout: rollout
        ? { id: rollout.id, workflowId: rollout.workflowId, startedAt: rollout.startedAt ?? null }
        : null,
      title,
      reasons,
      counts,
      instances,
      more,
      commands,
      text: cutText(noticeText(notice), 20_000),
    },
  };
}
