import { z } from 'zod';
import type { PublishResponse } from '@aws-sdk/client-sns';
import { uuid } from '../host/uuid.js';
import { AwsError, type Caller, type Clock, type Operation, type Random } from '../kernel.js';
import type { Scenario } from '../scenario.js';

/** Bytes of a message, its attributes included (API reference, Publish). */
const mostBytes = 262_144;

/** For so long, in ms, a FIFO topic knows a message for the same (SNS developer guide, deduplication). */
const deduplicatedMs = 300_000;

const attributeSchema = z.object({
  Name: z.string(),
  Value: z.object({ DataType: z.string().optional(), StringValue: z.string().optional() }),
});

type Attribute = z.infer<typeof attributeSchema>;

/** The query protocol sends a map as `MessageAttributes.entry.1.Name`. */
const publishSchema = z.object({
  TopicArn: z.string().optional(),
  TargetArn: z.string().optional(),
  PhoneNumber: z.string().optional(),
  Message: z.string().optional(),
  Subject: z.string().optional(),
  MessageStructure: z.string().optional(),
  MessageGroupId: z.string().optional(),
  MessageDeduplicationId: z.string().optional(),
  MessageAttributes: z.object({ entry: z.array(attributeSchema) }).optional(),
});

type Publish = z.infer<typeof publishSchema>;

/** SNS: takes messages for the topics of the scenario. Who was told what stands in the journal. */
export function createSnsOperations(
  topics: Scenario['topics'],
  clock: Clock,
  random: Random,
): Record<string, Operation> {
  /** Answers of FIFO topics by deduplication id, and when they were given. */
  const taken = new Map<string, { at: number; answer: PublishResponse }>();
  let sequence = 10_000_000_000_000_000_000n;
  return {
    Publish: (given, caller): PublishResponse => {
      const parsed = publishSchema.safeParse(given);
      if (!parsed.success) throw invalid(parsed.error.issues[0]?.path.join('.') ?? '');
      const input = parsed.data;
      const topic = topicOf(input, topics, caller);
      checkMessage(input);
      checkQueueing(input, topic.endsWith('.fifo'));
      if (!topic.endsWith('.fifo')) return { MessageId: uuid(random) };
      const key = `${topic}/${input.MessageDeduplicationId}`;
      const before = taken.get(key);
      if (before && clock.now() - before.at < deduplicatedMs) return before.answer;
      sequence += 1n;
      const answer = { MessageId: uuid(random), SequenceNumber: String(sequence) };
      taken.set(key, { at: clock.now(), answer });
      return answer;
    },
  };
}

const invalid = (what: string): AwsError => new AwsError('InvalidParameter', `Invalid parameter: ${what}`);

/** The topic's name. */
function topicOf(
  { TopicArn, TargetArn, PhoneNumber }: Publish,
  topics: Scenario['topics'],
  { region, accountId, principal }: Caller,
): string {
  const given = [TopicArn, TargetArn, PhoneNumber].filter((one) => one !== undefined);
  if (given.length !== 1) throw invalid('TopicArn or TargetArn Reason: no value for required parameter');
  if (PhoneNumber !== undefined) throw new AwsError('OptInRequired', 'simulator: no SMS', 403);
  const arn = TopicArn ?? TargetArn ?? '';
  const [, itsRegion, account, name = ''] =
    /^arn:aws:sns:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_-]{1,256}(?:\.fifo)?)$/.exec(arn) ?? [];
  if (itsRegion !== region) throw invalid('TopicArn');
  if (account !== accountId) {
    throw new AwsError(
      'AuthorizationError',
      `User: arn:aws:iam::${accountId}:user/${principal} is not authorized to perform: SNS:Publish on resource: ${arn} because no resource-based policy allows the SNS:Publish action`,
      403,
    );
  }
  if (!topics.includes(name)) throw new AwsError('NotFound', 'Topic does not exist', 404);
  return name;
}

function checkMessage({ Message, Subject, MessageStructure, MessageAttributes }: Publish): void {
  if (Message === undefined || Message === '') throw invalid('Empty message');
  // ASCII that begins with a letter, number or punctuation mark, no line breaks or control characters, shorter than 100 (API reference;
  // the service takes 100, too).
  if (Subject !== undefined && !/^[!-~][ -~]{0,99}$/.test(Subject)) throw invalid('Subject');
  const attributes = MessageAttributes?.entry ?? [];
  for (const attribute of attributes) checkAttribute(attribute);
  const names = attributes.map(({ Name }) => Name);
  if (new Set(names).size < names.length) throw invalid('MessageAttributes');
  const bytes = [Message, ...attributes.flatMap(partsOf)].reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    0,
  );
  if (bytes > mostBytes) throw invalid('Message too long');
  if (MessageStructure === undefined) return;
  if (MessageStructure !== 'json') throw invalid('MessageStructure');
  const structure = z.looseObject({ default: z.string() }).safeParse(parsedJson(Message));
  if (!structure.success) throw invalid('Message Structure - No default entry in JSON message body');
}

const partsOf = ({ Name, Value }: Attribute): string[] => [
  Name,
  Value.DataType ?? '',
  Value.StringValue ?? '',
];

function checkAttribute({ Name, Value: { DataType = '', StringValue } }: Attribute): void {
  if (!/^(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)$/.test(Name) || /^(AWS|Amazon)\./i.test(Name)) {
    throw new AwsError('ParameterValueInvalid', `The message attribute name '${Name}' is invalid.`);
  }
  if (!/^(String|String\.Array|Number)$/.test(DataType)) {
    throw new AwsError(
      'ParameterValueInvalid',
      `The message attribute '${Name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  if (!StringValue) {
    throw new AwsError(
      'ParameterValueInvalid',
      `The message attribute '${Name}' must contain non-empty message attribute value for message attribute type '${DataType}'.`,
    );
  }
}

const isId = (id: string): boolean => /^[!-~]{1,128}$/.test(id);

/** What only the topics of one of the two kinds want. */
function checkQueueing({ MessageGroupId, MessageDeduplicationId }: Publish, isFifo: boolean): void {
  if (MessageGroupId !== undefined && !isId(MessageGroupId)) throw invalid('MessageGroupId');
  if (MessageDeduplicationId !== undefined && !isId(MessageDeduplicationId))
    throw invalid('MessageDeduplicationId');
  if (!isFifo) {
    if (MessageDeduplicationId === undefined) return;
    throw invalid(
      'The request includes MessageDeduplicationId parameter that is not valid for this topic type',
    );
  }
  if (MessageGroupId === undefined) throw invalid('The MessageGroupId parameter is required for FIFO topics');
  if (MessageDeduplicationId === undefined) {
    throw invalid(
      'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
}
