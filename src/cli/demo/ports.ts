import { once } from 'node:events';
import { createServer } from 'node:net';

/** This port if nobody listens on it. */
export async function portIfFree(port: number): Promise<number | undefined> {
  const probe = createServer();
  try {
    probe.listen(port, '127.0.0.1');
    await once(probe, 'listening');
    return port;
  } catch {
    return undefined;
  } finally {
    probe.close();
  }
}
