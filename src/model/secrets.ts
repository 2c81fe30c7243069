/** Names behind which secrets stand, as in headers, queries and objects written as JSON, and what may come in between. */
const named =
  /((?:security-?token|session-?token|api-?key|authorization|credential|signature|secret\w*|password)\\?["']?\s*[:=]\s*\\?["']?(?:(?:bearer|basic)\s+)?)[^\s"',;}\]\\…]+/gi;

/** A text without what looks like a secret: it may stand in a history or a log. A JSON text stays one. */
export const withoutSecrets = (text: string): string =>
  text
    .replaceAll(named, '$1…')
    .replaceAll(/\b(A[A-Z]IA)[A-Z0-9]{12,}/g, '$1…')
    .replaceAll(/(\b[a-z][a-z\d+.-]*:\/\/)[^\s/@:"'\\]+:[^\s/@"'\\]+@/gi, '$1…@')
    .replaceAll(/(https?:\/\/hooks\.[^\s"'\\/]+\/)[^\s"'\\]+/g, '$1…')
    .replaceAll(/[A-Za-z0-9+/=_%-]{120,}/g, '…');
