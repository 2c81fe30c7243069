import { randomUUID } from 'node:crypto';
import type { FleetJournal } from '../journal.js';
import { AwsError, type Clock, type Operation, type ServiceName } from '../kernel.js';
import { parseAuthorization, type CredentialScope } from './authorization.js';
import type { Encounter, Faults, Garbage, Silence } from './faults.js';
import { thin } from './partial-failures.js';
import type { Reply } from './protocol.js';
import { jsonProtocol } from './json-protocol.js';
import { refusalOf } from './refusals.js';
import { routeOf, type Route } from './route.js';
import type { AccessGuard } from '../iam/guard.js';
import type { Sessions } from '../sts/sessions.js';
import type { Throttle } from './throttle.js';
import { TroubledPages } from './troubled-pages.js';

/** What of an HTTP request matters here. */
export interface GatewayRequest {
  headers: {
    authorization?: string | undefined;
    'content-type'?: string | undefined;
    'x-amz-target'?: string | undefined;
    'x-amz-security-token'?: string | undefined;
    'user-agent'?: string | undefined;
  };
  body: string;
}

export type GatewayReply = (Reply & { requestId: string }) | Silence;

export interface GatewayOptions {
  operations: Record<ServiceName, Record<string, Operation>>;
  clock: Clock;
  journal: FleetJournal;
  faults: Faults;
  sessions: Sessions;
  /** Absent: nobody is ever too fast. */
  throttle?: Throttle;
  /** Absent: everybody may do everything. */
  guard?: AccessGuard;
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
  readonly #pages = new TroubledPages();

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
    const refusal = this.#refusalOf(route, scope, headers['x-amz-security-token']);
    if (refusal || !scope) {
      return {
        ...route.protocol.writeError(refusal ?? route.protocol.missingAuthentication(), requestId),
        requestId,
      };
    }
    const { service, action } = route;
    const principal = this.options.sessions.principal(scope.accessKeyId);
    const encounter = this.options.faults.meet({ service, action, principal, text: body });
    if (encounter.delayMs > 0) await this.options.clock.sleep(encounter.delayMs);
    if (encounter.silence?.when === 'before') return encounter.silence.kind;
    if (encounter.spoiled?.when === 'before') {
      const blank = route.protocol.writeAnswer(action, {}, requestId);
      return { ...spoil(blank, encounter.spoiled.as, route, requestId), requestId };
    }
    const call: Call = { route, scope, parameters: body };
    const outcome = await this.#answer(call, body, encounter, requestId);
    const userAgent = headers['user-agent'];
    const lost = encounter.silence?.kind ?? (encounter.spoiled && 'spoiled');
    this.options.journal.request({
      principal,
      service,
      action,
      parameters: call.parameters,
      status: outcome.reply.status,
      answer: outcome.answer,
      ...(lost && { lost }),
      ...(userAgent !== undefined && { userAgent }),
    });
    if (encounter.silence) return encounter.silence.kind;
    const reply = encounter.spoiled
      ? spoil(outcome.reply, encounter.spoiled.as, route, requestId)
      : outcome.reply;
    return { ...reply, requestId };
  }

  #refusalOf(
    { protocol, service }: Route,
    scope: CredentialScope | undefined,
    token: string | undefined,
  ): AwsError | undefined {
    if (!scope) return protocol.missingAuthentication();
    if (scope.service !== service) return protocol.wrongScope(service);
    // STS has a global endpoint, signed for us-east-1.
    if (scope.region !== this.options.region && service !== 'sts') return protocol.wrongRegion();
    const fault = this.options.sessions.fault(scope.accessKeyId, token);
    return fault && refusalOf(service, fault);
  }

  async #answer(call: Call, body: string, encounter: Encounter, requestId: string): Promise<Outcome> {
    const { route, scope } = call;
    const { protocol, service, action } = route;
    try {
      const input = protocol.readInput(body);
      call.parameters = input;
      const operations = this.options.operations[service];
      const operation = Object.hasOwn(operations, action) ? operations[action] : undefined;
      if (!operation) throw protocol.unknownAction(action);
      this.options.throttle?.admit(service, action);
      if (encounter.error) throw encounter.error;
      const { region, accountId } = this.options;
      const { accessKeyId } = scope;
      const principal = this.options.sessions.principal(accessKeyId);
      this.options.guard?.check(service, action, input, principal);
      const caller = { accessKeyId, principal, region, accountId };
      const answer = await this.#perform(action, input, encounter, (given) => operation(given, caller));
      return { reply: protocol.writeAnswer(action, answer, requestId), answer };
    } catch (thrown) {
      const awsError = thrown instanceof AwsError ? thrown : internalFailure(thrown);
      return {
        reply: protocol.writeError(awsError, requestId),
        answer: { error: awsError.code, message: awsError.message },
      };
    }
  }

  /** Lets the service do it, with what goes wrong in the midst of it. */
  async #perform(
    action: string,
    input: Record<string, unknown>,
    { pages, failures }: Encounter,
    operation: (input: Record<string, unknown>) => ReturnType<Operation>,
  ): Promise<object> {
    const { names = [] } = failures ?? {};
    const thinned =
      failures &&
      thin(action, input, failures, (reference) => names.some((name) => reference.includes(name)));
    if (thinned) return thinned.complete(thinned.input && (await operation(thinned.input)));
    // EC2 gives what was asked for by id in one piece.
    const isPaged = !('InstanceId' in input);
    if (isPaged && (pages.length > 0 || this.#pages.continues(input))) {
      return this.#pages.answer(input, pages, operation, (items) => this.options.faults.shuffle(items));
    }
    return operation(input);
  }
}

/** A mistake of the simulator's own: told as AWS tells its own, with its cause for whoever looks into the journal. */
function internalFailure(thrown: unknown): AwsError {
  const cause = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new AwsError('InternalFailure', `simulator: ${cause}`, 500);
}

function spoil(reply: Reply, as: Garbage | AwsError, { protocol }: Route, requestId: string): Reply {
  if (as instanceof AwsError) return protocol.writeError(as, requestId);
  const { status } = as;
  switch (as.body) {
    case 'html':
      return { status, contentType: 'text/html', body: '<html><body><h1>Bad Gateway</h1></body></html>' };
    case 'json':
      return { status, contentType: 'application/json', body: '{"message":"Service Unavailable"}' };
    case 'empty':
      return { status, contentType: 'text/plain', body: '' };
    case 'truncated':
      return { ...reply, status, body: reply.body.slice(0, Math.floor(reply.body.length / 2)) };
  }
}
