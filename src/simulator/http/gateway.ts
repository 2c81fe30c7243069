import { randomUUID } from 'node:crypto';
import type { FleetJournal } from '../journal.js';
import { AwsError, type Clock, type Operation, type ServiceName } from '../kernel.js';
import { parseAuthorization, type CredentialScope } from './authorization.js';
import type { Encounter, Faults } from './faults.js';
import type { Reply } from './protocol.js';
import { jsonProtocol } from './json-protocol.js';
import { routeOf, type Route } from './route.js';
import type { Throttle } from './throttle.js';

/** What of an HTTP request matters here. */
export interface GatewayRequest {
  headers: {
    authorization?: string | undefined;
    'content-type'?: string | undefined;
    'x-amz-target'?: string | undefined;
    'user-agent'?: string | undefined;
  };
  body: string;
}

/** `broken`: the connection is cut instead of an answer. */
export type GatewayReply = (Reply & { requestId: string }) | 'broken';

export interface GatewayOptions {
  operations: Record<ServiceName, Record<string, Operation>>;
  clock: Clock;
  journal: FleetJournal;
  faults: Faults;
  /** Absent: nobody is ever too fast. */
  throttle?: Throttle;
  region: string;
  accountId: string;
}

interface Call {
  route: Route;
  scope: CredentialScope;
  parameters: unknown;
}

interface Outcome {
  reply: Reply;
  answer: unknown;
}

/** The front of the simulated AWS: checks who calls what, lets the service answer, and journals both. */
export class Gateway {
  constructor(readonly options: GatewayOptions) {}

  async handle(request: GatewayRequest): Promise<GatewayReply> {
    const requestId = randomUUID();
    const { headers, body } = request;
    const scope = parseAuthorization(headers.authorization);
    const route = routeOf({
      target: headers['x-amz-target'],
      contentType: headers['content-type'],
      scopeService: scope?.service,
      body,
    });
    if (!route) {
      const error = new AwsError('UnknownOperationException', '');
      return { ...jsonProtocol.writeError(error, requestId), requestId };
    }
    const refusal = this.#refusalOf(route, scope);
    if (refusal || !scope) {
      return {
        ...route.protocol.writeError(refusal ?? route.protocol.missingAuthentication(), requestId),
        requestId,
      };
    }
    const { service, action } = route;
    const principal = scope.accessKeyId;
    const encounter = this.options.faults.meet({ service, action, principal });
    if (encounter.delayMs > 0) await this.options.clock.sleep(encounter.delayMs);
    if (encounter.reset === 'before') return 'broken';
    const call: Call = { route, scope, parameters: body };
    const outcome = await this.#answer(call, body, encounter, requestId);
    const userAgent = headers['user-agent'];
    this.options.journal.request({
      principal,
      service,
      action,
      parameters: call.parameters,
      status: outcome.reply.status,
      answer: outcome.answer,
      ...(userAgent !== undefined && { userAgent }),
    });
    if (encounter.reset === 'after') return 'broken';
    return { ...spoil(outcome.reply, encounter), requestId };
  }

  #refusalOf({ protocol, service }: Route, scope: CredentialScope | undefined): AwsError | undefined {
    if (!scope) return protocol.missingAuthentication();
    if (scope.service !== service) return protocol.wrongScope(service);
    // STS has a global endpoint, signed for us-east-1.
    if (scope.region !== this.options.region && service !== 'sts') return protocol.wrongRegion();
    return undefined;
  }

  async #answer(call: Call, body: string, { error }: Encounter, requestId: string): Promise<Outcome> {
    const { route, scope } = call;
    const { protocol, service, action } = route;
    try {
      const input = protocol.readInput(body);
      call.parameters = input;
      const operations = this.options.operations[service];
      const operation = Object.hasOwn(operations, action) ? operations[action] : undefined;
      if (!operation) throw protocol.unknownAction(action);
      this.options.throttle?.admit(service, action);
      if (error) throw error;
      const { region, accountId } = this.options;
      const answer = await operation(input, { principal: scope.accessKeyId, region, accountId });
      return { reply: protocol.writeAnswer(action, answer, requestId), answer };
    } catch (thrown) {
      const awsError = thrown instanceof AwsError ? thrown : internalFailure(thrown);
      return {
        reply: protocol.writeError(awsError, requestId),
        answer: { error: awsError.code, message: awsError.message },
      };
    }
  }
}

/** A mistake of the simulator's own: told as AWS tells its own, with its cause for whoever looks into the journal. */
function internalFailure(thrown: unknown): AwsError {
  const cause = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new AwsError('InternalFailure', `simulator: ${cause}`, 500);
}

function spoil(reply: Reply, { garbage }: Encounter): Reply {
  if (!garbage) return reply;
  return garbage.body === 'html'
    ? {
        status: garbage.status,
        contentType: 'text/html',
        body: '<html><body><h1>Bad Gateway</h1></body></html>',
      }
    : { ...reply, status: garbage.status, body: reply.body.slice(0, Math.floor(reply.body.length / 2)) };
}
