import { z } from 'zod';
import type { HostSpec } from './spec.js';
import type { Refusal, UpdateAction } from './update-machine.js';
import type { Origin, Updates } from './updates.js';

/** An answer of the host's API, which listens on a Unix socket. */
export interface ApiResponse {
  status: number;
  body: string;
}

/** What the API serves. */
export interface ApiContext {
  spec: () => HostSpec;
  /** Running version. */
  version: () => string;
  updates: Updates;
  /** Asks systemd to reboot; the text of its refusal, or null. */
  reboot: (origin: Origin) => string | null;
}

const ok = (value: unknown): ApiResponse => ({ status: 200, body: JSON.stringify(value) });
const noContent: ApiResponse = { status: 204, body: '' };
const notFound: ApiResponse = { status: 404, body: '' };

/** Texts and codes of core-kit v1.26, apiserver/src/server/error.rs. */
const refusals: Record<Refusal, ApiResponse> = {
  'lock-held': { status: 423, body: 'Update lock held' },
  'not-allowed': { status: 409, body: 'Update action not allowed according to update state' },
  'no-chosen-update': { status: 404, body: 'Previously chosen Update no longer exists' },
  'no-staged-image': { status: 404, body: 'No update image applied to staging partition' },
};

const actions: Record<string, UpdateAction> = {
  '/actions/refresh-updates': 'refresh',
  '/actions/prepare-update': 'prepare',
  '/actions/activate-update': 'activate',
  '/actions/deactivate-update': 'deactivate',
};

/** Answers one request to a host's API. */
export function callApi(
  context: ApiContext,
  origin: Origin,
  method: string,
  uri: string,
  data = '',
): ApiResponse {
  const { pathname, searchParams } = new URL(uri, 'http://unix');
  const route = `${method.toUpperCase()} ${pathname}`;
  const action = actions[pathname];
  if (action !== undefined && method.toUpperCase() === 'POST') {
    const refusal = context.updates.start(action, origin);
    return refusal === null ? noContent : refusals[refusal];
  }
  switch (route) {
    case 'GET /updates/status':
      return updateStatus(context);
    case 'POST /actions/reboot':
      return reboot(context, origin);
    case 'GET /os':
      return ok(osInfo(context));
    case 'GET /settings':
      return ok(settings(context));
    case 'GET /':
      return ok(model(context, searchParams.get('prefix')));
    case 'PATCH /settings':
      return patchSettings(context, data);
    case 'PATCH /settings/keypair':
      return patchKeyPairs(context, data);
    case 'POST /tx/commit_and_apply':
      return ok([]);
    default:
      return notFound;
  }
}

function updateStatus({ updates, spec }: ApiContext): ApiResponse {
  const status = spec().updateLock === 'held' ? 'locked' : updates.machine.read();
  if (status === 'uninitialized') {
    return { status: 404, body: 'Update status is uninitialized, refresh-updates to initialize it' };
  }
  if (status === 'locked') {
    return {
      status: 423,
      body: 'Unable to obtain shared lock for reading update status: Resource temporarily unavailable (os error 11)',
    };
  }
  return ok(status);
}

function reboot(context: ApiContext, origin: Origin): ApiResponse {
  const refusal = context.reboot(origin);
  return refusal === null
    ? noContent
    : { status: 500, body: `Failed to reboot, exit code: 1, stderr: ${refusal}` };
}

function osInfo(context: ApiContext): Record<string, string> {
  const { variant, arch } = context.spec();
  const version = context.version();
  return {
    pretty_name: `Bottlerocket OS ${version} (${variant})`,
    variant_id: variant,
    version_id: version,
    build_id: '00000000',
    arch,
  };
}

function settings({ updates, spec }: ApiContext): Record<string, unknown> {
  const base = 'https://updates.bottlerocket.aws';
  const { variant, arch } = spec();
  return {
    'host-containers': { control: { enabled: true, superpowered: false } },
    updates: {
      'ignore-waves': updates.settings.ignoreWaves,
      'metadata-base-url': `${base}/2020-07-07/${variant}/${arch}/`,
      'targets-base-url': `${base}/targets/`,
      'version-lock': updates.settings.versionLock,
    },
  };
}

/** The part of the model whose dotted names begin with `prefix`, e.g. `settings.updates`. */
function model(context: ApiContext, prefix: string | null): unknown {
  const whole = { settings: settings(context), os: osInfo(context) };
  return (prefix === null ? whole : pruned(whole, '', prefix)) ?? {};
}

function pruned(value: unknown, name: string, prefix: string): unknown {
  if (name.startsWith(prefix)) {
    return value;
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const kept = Object.entries(value)
    .map(([key, part]) => [key, pruned(part, name === '' ? key : `${name}.${key}`, prefix)] as const)
    .filter(([, part]) => part !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

const settingsSchema = z.strictObject({
  updates: z
    .strictObject({
      'version-lock': z
        .string()
        .regex(/^(latest|v?\d+\.\d+\.\d+)$/)
        .optional(),
      'ignore-waves': z.boolean().optional(),
    })
    .optional(),
});

function patchSettings({ updates }: ApiContext, data: string): ApiResponse {
  const parsed = settingsSchema.safeParse(parseJson(data));
  if (!parsed.success) {
    const cause = parsed.error.issues.map((issue) => issue.message).join('; ');
    return {
      status: 400,
      body: `Unable to match your input to the data model.  We may not have enough type information.  Please try the --json input form.  Cause: Error during deserialization: ${cause}`,
    };
  }
  const changed = parsed.data.updates;
  updates.settings.versionLock = changed?.['version-lock'] ?? updates.settings.versionLock;
  updates.settings.ignoreWaves = changed?.['ignore-waves'] ?? updates.settings.ignoreWaves;
  return noContent;
}

const keyPairsSchema = z.object({ request_payload: z.array(z.string()) });

function patchKeyPairs(context: ApiContext, data: string): ApiResponse {
  const tree: Record<string, unknown> = {};
  for (const pair of keyPairsSchema.parse(parseJson(data)).request_payload) {
    const [key = '', ...rest] = pair.split('=');
    const path = key.split('.').filter((part, index) => index > 0 || part !== 'settings');
    setIn(tree, path, scalar(rest.join('=')));
  }
  return patchSettings(context, JSON.stringify(tree));
}

/** The server's guess of a type: boolean, number, else string. */
const scalar = (text: string): unknown => {
  const parsed = parseJson(text);
  return typeof parsed === 'boolean' || typeof parsed === 'number' ? parsed : text;
};

function setIn(tree: Record<string, unknown>, path: string[], value: unknown): void {
  const [head = '', ...tail] = path;
  if (tail.length === 0) {
    tree[head] = value;
    return;
  }
  const child: Record<string, unknown> = {};
  const existing = tree[head];
  if (typeof existing === 'object' && existing !== null) {
    Object.assign(child, existing);
  }
  tree[head] = child;
  setIn(child, tail, value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
