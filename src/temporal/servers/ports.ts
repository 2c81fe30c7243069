import { once } from 'node:events';
import { createServer } from 'node:net';

const host = '127.0.0.1';

/** The port asked for, if it is free; without one, any that is free now. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  server.listen(wanted, host);
  try {
    await once(server, 'listening');
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    throw new Error(`port ${wanted} cannot be had (${reason}): end what uses it, or choose another`, {
      cause: err,
    });
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
