import { parseAuthorization } from '../src/simulator/http/authorization.js';
import { listen } from '../src/simulator/http/listener.js';
import type { Simulator } from '../src/simulator/simulator.js';

/** One address for many simulated Regions, as the real AWS is one for a worker: a request goes where its signature says. */
export interface Front {
  readonly url: string;
  add(simulator: Simulator): void;
  remove(simulator: Simulator): void;
  close(): Promise<void>;
}

/** Opens the front on a free port. A Region that is not there breaks the connection. */
export async function openFront(): Promise<Front> {
  const regions = new Map<string, Simulator>();
  const listener = await listen({ host: '127.0.0.1', port: 0 }, async (request) => {
    const region = parseAuthorization(request.headers.authorization)?.region ?? '';
    return (await regions.get(region)?.answer(request)) ?? 'broken';
  });
  return {
    url: `http://127.0.0.1:${listener.port}`,
    add: (simulator) => void regions.set(simulator.fleet.scenario.region, simulator),
    remove: (simulator) => void regions.delete(simulator.fleet.scenario.region),
    close: () => listener.close(),
  };
}
