import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import {
  type ClientConfigProfile,
  type ClientConnectConfig,
  loadClientConfigProfile,
  toClientOptions,
} from '@temporalio/envconfig';
import { cloudFault } from './cloud.js';
import { TemporalConfigError } from './config-error.js';
import { type KeyRing, keyRingFrom } from './encryption/key-ring.js';

/** A Temporal server and the namespace on it that is meant. */
export interface TemporalTarget {
  address: string;
  namespace: string;
  /** For `Connection` and `NativeConnection` alike: address, TLS, API key, headers. */
  connectionOptions: ClientConnectConfig['connectionOptions'];
  /** File of the API key, which may have another one later: {@link readApiKey}. Absent: the key does not change. */
  apiKeyFile?: string;
  /** Keys by which the data of workflows is encrypted. Absent: it is not. */
  encryption?: KeyRing;
}

/** What may be given instead of Temporal's own variables and profiles. */
export interface TargetOptions {
  /** Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Profile of `temporal.toml`. Default: `TEMPORAL_PROFILE`, then `default`. */
  profile?: string;
}

/** Ours: Temporal's configuration knows no file of an API key. */
const apiKeyFileVariable = 'ECS_UPDATER_TEMPORAL_API_KEY_FILE';

/**
 * Reads Temporal's own variables and profiles, and ours; without any of them it is localhost:7233 and `default`. Throws a
 * {@link TemporalConfigError} for what cannot work, before anybody is asked.
 */
export function temporalTarget(options: TargetOptions = {}): TemporalTarget {
  const env = options.env ?? process.env;
  const profile = load(env, options.profile);
  const apiKeyFile = env[apiKeyFileVariable] || undefined;
  const apiKey = apiKeyFile === undefined ? keyIn(profile.apiKey) : onlyFrom(apiKeyFile, profile.apiKey);
  const { connectionOptions, namespace = 'default' } = connectOptions({
    ...profile,
    ...(apiKey !== undefined && { apiKey }),
  });
  const address = connectionOptions.address ?? 'localhost:7233';
  const encryption = keyRingFrom(env);
  const { tls, metadata = {} } = connectionOptions;
  const hasHeader = Object.keys(metadata).some((name) => name.toLowerCase() === 'authorization');
  const fault = cloudFault({
    address,
    namespace,
    tls: tls !== false,
    hasCredentials:
      apiKey !== undefined || hasHeader || (typeof tls === 'object' && tls?.clientCertPair !== undefined),
  });
  if (fault !== undefined) throw new TemporalConfigError(fault);
  return {
    address,
    namespace,
    connectionOptions: { ...connectionOptions, address },
    ...(apiKeyFile !== undefined && { apiKeyFile }),
    ...(encryption && { encryption }),
  };
}

/** Reads the API key that stands in a file now. Throws a {@link TemporalConfigError} that names the file. */
export function readApiKey(file: string): string {
  const where = `${apiKeyFileVariable} ${file}`;
  try {
    const key = readFileSync(file, 'utf8').trim();
    if (isApiKey(key)) return key;
  } catch (err) {
    throw new TemporalConfigError(`${where} cannot be read: ${reasonOf(err)}.`, { cause: err });
  }
  throw new TemporalConfigError(`${where} has no API key: one word, and nothing else, is to stand there.`);
}

/** What a header can carry (RFC 9110, token68). */
const isApiKey = (text: string): boolean => /^[\w.~+/=-]+$/.test(text);

function keyIn(given: string | undefined): string | undefined {
  // Whoever puts a secret into a variable or a file easily puts a line break behind it.
  const key = given?.trim();
  if (key === undefined || isApiKey(key)) return key;
  throw new TemporalConfigError(
    'TEMPORAL_API_KEY is no API key: it is to be one word. Correct it there or in temporal.toml.',
  );
}

function onlyFrom(file: string, other: string | undefined): string {
  if (other === undefined) return readApiKey(file);
  throw new TemporalConfigError(
    `Give only one of TEMPORAL_API_KEY (or api_key in temporal.toml) and ${apiKeyFileVariable}.`,
  );
}

function load(env: NodeJS.ProcessEnv, profile: string | undefined): ClientConfigProfile {
  const { TEMPORAL_TLS: tls = '' } = env;
  // Temporal takes every other word for false.
  if (!['', '0', '1', 'false', 'true'].includes(tls)) {
    throw new TemporalConfigError(`TEMPORAL_TLS ${tls} is neither true nor false.`);
  }
  try {
    return loadClientConfigProfile({
      overrideEnvVars: withoutEmpty(env),
      ...(profile === undefined ? {} : { profile }),
    });
  } catch (err) {
    throw unusable(err);
  }
}

function connectOptions(profile: ClientConfigProfile): ClientConnectConfig {
  const { clientCert, clientKey } = profile.tls ?? {};
  // The SDK would leave out the half that it has.
  if (profile.tls?.disabled !== true && (clientCert === undefined) !== (clientKey === undefined)) {
    throw new TemporalConfigError(
      `Temporal's configuration has ${clientCert ? 'a client certificate but no key for it' : 'a client key but no certificate for it'}: ` +
        'give both TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH (or …_DATA).',
    );
  }
  try {
    const options = toClientOptions(profile);
    checkCertificates(options.connectionOptions.tls);
    return options;
  } catch (err) {
    throw unusable(err);
  }
}

/** What is no PEM, or does not fit, is told at once: the connection would only say that it failed. */
function checkCertificates(tls: ClientConnectConfig['connectionOptions']['tls']): void {
  if (typeof tls !== 'object' || tls === null) return;
  const [ca, cert, key] = [tls.serverRootCACertificate, tls.clientCertPair?.crt, tls.clientCertPair?.key].map(
    (bytes) => bytes && Buffer.from(bytes),
  );
  try {
    // Which alone would take no notice of a CA that is none.
    if (ca) void new X509Certificate(ca);
    createSecureContext({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
  } catch (err) {
    throw new Error(
      `the certificates or the key of TLS are no PEM, or do not fit together (${reasonOf(err)})`,
      {
        cause: err,
      },
    );
  }
}

const unusable = (err: unknown): TemporalConfigError =>
  new TemporalConfigError(
    `Temporal's configuration cannot be used: ${reasonOf(err)}. ` +
      'Correct the TEMPORAL_… variables or temporal.toml (TEMPORAL_CONFIG_FILE names another file).',
    { cause: err },
  );

const reasonOf = (err: unknown): string => (err instanceof Error ? err.message : String(err));

/** An empty TEMPORAL_API_KEY would switch TLS on; compose files and shells leave such variables behind. */
function withoutEmpty(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && value !== '') kept[name] = value;
  }
  return kept;
}
