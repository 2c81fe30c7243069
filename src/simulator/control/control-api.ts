import { z } from 'zod';
import type { Fleet } from '../fleet.js';
import type { HttpReply, HttpRequest } from '../http/listener.js';
import { describeIssue } from '../issues.js';
import { parseScenario, ScenarioError, type Scenario } from '../scenario.js';
import { ControlError } from './control-error.js';
import { faultSchema } from './faults.js';
import { inject } from './inject.js';
import { stateOf } from './state.js';

/** What the control API works on. */
export interface ControlTarget {
  readonly fleet: Fleet;
  /** Builds the fleet anew, of the same scenario or another. */
  reset(scenario?: Scenario): void;
}

const auditSchema = z.union([
  z.strictObject({
    principal: z.string(),
    ended: z.literal(true),
    cluster: z.string().optional(),
    held: z.array(z.string()).default([]),
  }),
  z.strictObject({
    principal: z.string(),
    cluster: z.string().optional(),
    maxUnavailable: z.int().min(0).optional(),
    updateLimitSeconds: z.number().min(0).optional(),
    rebootLimitSeconds: z.number().min(0).optional(),
    verifyLimitSeconds: z.number().min(0).optional(),
  }),
]);

const resetSchema = z.strictObject({ scenario: z.unknown().optional() });

type Handler = (target: ControlTarget, request: HttpRequest) => unknown;

const handlers: Record<string, Handler> = {
  'GET state': ({ fleet }) => stateOf(fleet),
  'GET journal': ({ fleet }, { url }) => fleet.journal.since(sinceOf(url)),
  'GET violations': ({ fleet }, { url }) => {
    const principal = url.searchParams.get('principal');
    return fleet.audit.violations.filter(
      (violation) => principal === null || violation.principal === principal,
    );
  },
  'POST audit': ({ fleet }, { body }) => {
    const request = parseBody(auditSchema, body);
    if ('ended' in request) return fleet.audit.end(request, fleet.clock.now());
    fleet.audit.declare(request);
    return {};
  },
  'GET faults': ({ fleet }) => ({ requests: fleet.faults.list(), commands: fleet.mishaps.list() }),
  'DELETE faults': ({ fleet }) => {
    fleet.faults.clear();
    fleet.mishaps.clear();
    return {};
  },
  'POST faults': ({ fleet }, { body }) => {
    const fault = parseBody(faultSchema, body);
    fleet.journal.event('fault', { fault });
    return inject(fleet, fault);
  },
  'POST reset': (target, { body }) => {
    const { scenario } = parseBody(resetSchema, body || '{}');
    target.reset(scenario === undefined ? undefined : parseScenario(scenario));
    return {};
  },
};

/** The path of a control request, without its prefix; undefined where it is none. */
export function controlPath(url: URL): string | undefined {
  return /\/_sim\/([a-z]+)\/?$/.exec(url.pathname)?.[1] ?? (url.pathname.includes('/_sim') ? '' : undefined);
}

/** Answers a request to `/_sim/…`, in JSON. */
export function control(target: ControlTarget, request: HttpRequest, path: string): HttpReply {
  const handler = handlers[`${request.method} ${path}`];
  if (!handler) {
    const known = Object.keys(handlers).map((key) => key.replace(' ', ' /_sim/'));
    return json(404, { error: `no ${request.method} /_sim/${path}; there is ${known.join(', ')}` });
  }
  try {
    return json(200, handler(target, request));
  } catch (error) {
    if (error instanceof ControlError || error instanceof ScenarioError || error instanceof z.ZodError) {
      return json(400, {
        error: error instanceof z.ZodError ? error.issues.map(describeIssue).join('; ') : error.message,
      });
    }
    throw error;
  }
}

function parseBody<Schema extends z.ZodType>(schema: Schema, body: string): z.infer<Schema> {
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    throw new ControlError('the body is no JSON');
  }
  return schema.parse(input, { reportInput: true });
}

function sinceOf(url: URL): number {
  const since = url.searchParams.get('since') ?? '0';
  if (!/^\d+$/.test(since)) throw new ControlError(`since: '${since}': an index of the journal`);
  return Number(since);
}

const json = (status: number, value: unknown): HttpReply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(value)}\n`,
});
