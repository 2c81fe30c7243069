import { PublishCommand, type PublishCommandInput } from '@aws-sdk/client-sns';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Bench, minutes, startBench, threeInstances, us } from '../support.js';

const arn = (name: string, region = 'eu-central-1', account = '123456789012'): string =>
  `arn:aws:sns:${region}:${account}:${name}`;

let bench: Bench;
beforeEach(async () => {
  bench = await startBench({ instances: threeInstances, topics: ['rollouts', 'audit.fifo'] });
});

const publish = (input: Partial<PublishCommandInput> = {}) =>
  bench.sns.send(new PublishCommand({ TopicArn: arn('rollouts'), Message: 'hello', ...input }));

const text = (value: string, type = 'String') => ({ DataType: type, StringValue: value });

describe('a topic', () => {
  test('takes a message, which stands in the journal with who published it', async () => {
    const answer = await publish({ Subject: 'news: 2 of 3', MessageAttributes: { event: text('news') } });
    expect(answer.MessageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(bench.simulator.fleet.journal.entries.at(-1)).toMatchObject({
      principal: us,
      service: 'sns',
      action: 'Publish',
      status: 200,
      parameters: {
        TopicArn: arn('rollouts'),
        Message: 'hello',
        Subject: 'news: 2 of 3',
        MessageAttributes: { entry: [{ Name: 'event', Value: text('news') }] },
      },
    });
  });

  test('takes a different text for each protocol, if there is a default', async () => {
    const structured = { MessageStructure: 'json' };
    await publish({ ...structured, Message: JSON.stringify({ default: 'hello', email: 'dear' }) });
    for (const Message of ['{', '[]', '{"email":"dear"}'])
      await expect(publish({ ...structured, Message })).rejects.toMatchObject({
        name: 'InvalidParameterException',
      });
  });

  test.each([
    ['an empty message', { Message: '' }, 'Empty message'],
    ['a message of more than 256 KiB', { Message: 'é'.repeat(131_073) }, 'Message too long'],
    [
      'one that its attributes make too long',
      { Message: 'x'.repeat(262_140), MessageAttributes: { event: text('news') } },
      'Message too long',
    ],
    ['a long subject', { Subject: 'x'.repeat(101) }, 'Subject'],
    ['a subject with a line break', { Subject: 'a\nb' }, 'Subject'],
    ['a subject that is no ASCII', { Subject: 'Grüße' }, 'Subject'],
    ['a subject that begins with a space', { Subject: ' a' }, 'Subject'],
    ['an empty subject', { Subject: '' }, 'Subject'],
    ['a topic of another Region', { TopicArn: arn('rollouts', 'eu-west-1') }, 'TopicArn'],
    ['what is no topic', { TopicArn: 'rollouts' }, 'TopicArn'],
    ['no topic', { TopicArn: undefined }, 'no value for required parameter'],
    ['a deduplication id', { MessageDeduplicationId: '1' }, 'not valid for this topic type'],
  ])('refuses %s', async (_, input, message) => {
    await expect(publish(input)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: expect.stringContaining(message),
      $metadata: { httpStatusCode: 400 },
    });
  });

  test.each([
    ['empty', { event: text('') }],
    ['of no type', { event: text('news', 'Text') }],
    ['with a bad name', { 'an event': text('news') }],
    ['with a reserved name', { 'AWS.event': text('news') }],
  ])('refuses an attribute that is %s', async (_, MessageAttributes) => {
    await expect(publish({ MessageAttributes })).rejects.toMatchObject({
      name: expect.stringMatching(/^(InvalidParameterValue|ParameterValueInvalid)/),
    });
  });

  test('is told from one that is not there, and from one of another account', async () => {
    await expect(publish({ TopicArn: arn('other') })).rejects.toMatchObject({
      name: 'NotFoundException',
      message: 'Topic does not exist',
    });
    await expect(
      publish({ TopicArn: arn('rollouts', 'eu-central-1', '210987654321') }),
    ).rejects.toMatchObject({
      name: 'AuthorizationErrorException',
    });
  });

  test('answers faults in the words of SNS', async () => {
    bench.simulator.fault({ kind: 'refuse', as: 'denied', service: 'sns' });
    await expect(publish()).rejects.toMatchObject({ name: 'AuthorizationErrorException' });
    bench.simulator.fault({ kind: 'refuse', as: 'throttled', service: 'sns' });
    await expect(publish()).rejects.toMatchObject({ name: 'ThrottledException' });
  });
});

describe('a FIFO topic', () => {
  const fifo = { TopicArn: arn('audit.fifo'), MessageGroupId: 'prod' };

  test('takes the same message once in five minutes', async () => {
    const once = { ...fifo, MessageDeduplicationId: 'm-1' };
    const first = await publish(once);
    expect(first.SequenceNumber).toMatch(/^\d{20}$/);
    expect(await publish(once)).toMatchObject({ MessageId: first.MessageId });
    expect((await publish({ ...once, MessageDeduplicationId: 'm-2' })).MessageId).not.toBe(first.MessageId);
    await bench.clock.advance(minutes(5));
    expect((await publish(once)).MessageId).not.toBe(first.MessageId);
  });

  test.each([
    ['group', { TopicArn: fifo.TopicArn, MessageDeduplicationId: 'm' }, 'MessageGroupId'],
    ['deduplication id', fifo, 'MessageDeduplicationId'],
  ])('wants a %s', async (_, input, message) => {
    await expect(publish(input)).rejects.toMatchObject({ message: expect.stringContaining(message) });
  });
});
