import type { AwsError, ServiceName } from '../kernel.js';

/** An HTTP answer, but for the headers that every one has. */
export interface Reply {
  status: number;
  contentType: string;
  body: string;
}

/** How a protocol of AWS puts requests and answers on the wire. */
export interface Protocol {
  /** The decoded members; throws an {@link AwsError} if the body cannot be read. */
  readInput(body: string): Record<string, unknown>;
  writeAnswer(action: string, answer: object, requestId: string): Reply;
  writeError(error: AwsError, requestId: string): Reply;
  /** What the service says without credentials, with those of another service or Region, and to an action it does not have. */
  missingAuthentication(): AwsError;
  wrongScope(service: ServiceName): AwsError;
  wrongRegion(): AwsError;
  unknownAction(action: string): AwsError;
}
