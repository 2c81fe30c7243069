import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { ClientConnectConfig } from '@temporalio/envconfig';
import { TemporalConfigError } from './config-error.js';
import { type KeyRing, keyRingFrom } from './encryption/key-ring.js';

/** A Temporal server and the namespace on it that is meant. */
export interface TemporalTarget {
  address: string;
  namespace: string;
  /** For `Connection` and `NativeConnection` alike: address, TLS, API key, headers. */
  connectionOptions: ClientConnectConfig['connectionOptions'];
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

/** Reads Temporal's own variables and profiles, and our keys; without any of them it is localhost:7233 and `default`. */
export function temporalTarget(options: TargetOptions = {}): TemporalTarget {
  const { connectionOptions, namespace } = load(options);
  const encryption = keyRingFrom(options.env ?? process.env);
  const address = connectionOptions.address ?? 'localhost:7233';
  return {
    address,
    namespace: namespace ?? 'default',
    connectionOptions: { ...connectionOptions, address },
    ...(encryption && { encryption }),
  };
}

function load({ env = process.env, profile }: TargetOptions): ClientConnectConfig {
  try {
    return loadClientConnectConfig({
      overrideEnvVars: withoutEmpty(env),
      ...(profile === undefined ? {} : { profile }),
    });
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    throw new TemporalConfigError(
      `Temporal's configuration cannot be used: ${reason}. ` +
        'Correct the TEMPORAL_… variables or temporal.toml (TEMPORAL_CONFIG_FILE names another file).',
      { cause: err },
    );
  }
}

/** An empty TEMPORAL_API_KEY would switch TLS on; compose files and shells leave such variables behind. */
function withoutEmpty(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && value !== '') kept[name] = value;
  }
  return kept;
}
