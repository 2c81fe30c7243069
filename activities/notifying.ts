import { PublishCommand } from '@aws-sdk/client-sns';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { AwsClients, AwsPlace } from '../src/aws/clients.js';
import { toFailure } from '../src/aws/errors.js';
import { targetName } from '../src/model/notice.js';
import { slackMessage, snsMessage, webhookMessage } from '../src/model/notice-channels.js';
import type { NotificationTarget } from '../src/model/notifications.js';
import type { Activities } from './types.js';
import { postJson, signaturesFor, urlFrom } from './webhooks.js';

type Input = Parameters<Activities['deliver']>[0];
type To<Type extends NotificationTarget['type']> = Input & { target: { type: Type } };

/** Delivers a message to one target, once. What it cannot do names the variable or the topic, and no secret. */
export async function deliver(clientsOf: (place: AwsPlace) => AwsClients, input: Input): Promise<void> {
  const { target, notice, answerMs } = input;
  const { cancellationSignal, cancelled, log } = Context.current();
  const signal = AbortSignal.any([cancellationSignal, AbortSignal.timeout(answerMs)]);
  try {
    if (target.type === 'sns') await publish(clientsOf, { ...input, target }, signal);
    else if (target.type === 'slack') await chat({ ...input, target }, signal);
    else await post({ ...input, target }, signal);
  } catch (err) {
    // A worker that is shut down hands over: another attempt delivers it.
    if (cancellationSignal.aborted) await cancelled;
    throw err;
  }
  log.info('message delivered', { target: targetName(target), event: notice.event, messageId: notice.id });
}

/** Topics that keep the order of messages, and know a repeated one. */
const isFifo = (topicArn: string): boolean => topicArn.endsWith('.fifo');

async function publish(
  clientsOf: (place: AwsPlace) => AwsClients,
  { target: { topicArn }, notice, answerMs }: To<'sns'>,
  abortSignal: AbortSignal,
): Promise<void> {
  const { cluster, id } = notice;
  const region = topicArn.split(':')[3] ?? cluster.region;
  const { subject, message, attributes } = snsMessage(notice);
  try {
    const { sns } = clientsOf({ ...cluster, region });
    await sns.send(
      new PublishCommand({
        TopicArn: topicArn,
        Subject: subject,
        Message: message,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, text]) => [name, { DataType: 'String', StringValue: text }]),
        ),
        ...(isFifo(topicArn) && {
          MessageGroupId: cluster.name,
          // FIFO topics take ids of at most 128 characters.
          MessageDeduplicationId: id.slice(-128),
        }),
      }),
      { abortSignal },
    );
  } catch (err) {
    if (err instanceof ApplicationFailure || err instanceof CancelledFailure) throw err;
    if (abortSignal.aborted) throw toFailure(new Error(`no answer within ${answerMs / 1000} s`), topicArn);
    throw toFailure(err, cluster.name);
  }
}

const chat = (
  { target: { urlFromEnv }, notice, answerMs }: To<'slack'>,
  signal: AbortSignal,
): Promise<void> =>
  postJson({
    url: urlFrom(process.env, urlFromEnv),
    body: JSON.stringify(slackMessage(notice)),
    headers: {},
    urlFromEnv,
    signal,
    answerMs,
    tellsCode: true,
  });

async function post({ target, notice, answerMs }: To<'webhook'>, signal: AbortSignal): Promise<void> {
  const { urlFromEnv, secretFromEnv } = target;
  const url = urlFrom(process.env, urlFromEnv);
  const body = JSON.stringify(webhookMessage(notice));
  const at = new Date();
  await postJson({
    url,
    body,
    headers: {
      'webhook-id': notice.id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      ...(secretFromEnv !== undefined && {
        'webhook-signature': signaturesFor(process.env, secretFromEnv, { id: notice.id, at, body }),
      }),
    },
    urlFromEnv,
    signal,
    answerMs,
    tellsCode: false,
  });
}
