/** What matters of a way to Temporal. */
interface Way {
  /** `host:port`. */
  address: string;
  namespace: string;
  /** False: it was switched off. */
  tls: boolean;
  /** Whether there is an API key or a client certificate. */
  hasCredentials: boolean;
}

// Namespace endpoints are <namespace>.<account>.tmprl.cloud, regional ones <region>.<cloud>.api.temporal.io (Temporal's documentation, Namespaces
// and Service regions); others below tmprl.cloud name a Region, too.
const cloudHost = /(?:^|\.)(?:tmprl\.cloud|api\.temporal\.io)$/;
const namespaceHost = /^([a-z0-9-]+\.(?!region\.)[a-z0-9]+)\.tmprl\.cloud$/;

/** Whether an address, `host:port`, is one of Temporal Cloud. */
export const isCloud = (address: string): boolean => cloudHost.test(hostOf(address));

const hostOf = (address: string): string => address.replace(/:\d+$/, '').toLowerCase();

/** Why this cannot be a way to Temporal Cloud, and what to do; undefined: it may be, or leads elsewhere. */
export function cloudFault({ address, namespace, tls, hasCredentials }: Way): string | undefined {
  if (!isCloud(address)) return undefined;
  if (!/^[a-z0-9-]+\.[a-z0-9]+$/.test(namespace)) {
    return `TEMPORAL_NAMESPACE ${namespace} is no namespace of Temporal Cloud: its id has the account behind the name, as in prod.a1b2c.`;
  }
  const [, own] = namespaceHost.exec(hostOf(address)) ?? [];
  if (own !== undefined && own !== namespace) {
    return `TEMPORAL_ADDRESS ${address} is the endpoint of the namespace ${own}, not of ${namespace} (TEMPORAL_NAMESPACE).`;
  }
  if (!tls) return `TEMPORAL_TLS is off, but Temporal Cloud (${address}) speaks TLS only.`;
  return hasCredentials
    ? undefined
    : `Temporal Cloud (${address}) wants an API key (TEMPORAL_API_KEY), or a client certificate and its key (TEMPORAL_TLS_CLIENT_CERT_PATH, TEMPORAL_TLS_CLIENT_KEY_PATH).`;
}
