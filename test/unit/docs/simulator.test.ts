import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { faultSchema } from '../../../src/simulator/control/faults.js';
import { hostSpecSchema } from '../../../src/simulator/host/spec.js';
import { parseScenario } from '../../../src/simulator/scenario.js';

const text = await readFile(new URL('../../../docs/simulator.md', import.meta.url), 'utf8');
const [, faultsPart = ''] = text.split('## Faults');
const bodies = [...faultsPart.matchAll(/`("host":)?(\{"[^`]*\})`/g)].map(([, host, body = '']): unknown =>
  host === undefined ? JSON.parse(body) : { kind: 'amend-host', instance: 'i-1', host: JSON.parse(body) },
);
const faults = bodies.filter(
  (body): body is object => typeof body === 'object' && body !== null && 'kind' in body,
);

it('knows the documented scenario', () => {
  const [, yaml] = /## A fleet of your own[^]*?```yaml\n([^]*?)```/.exec(text) ?? [];
  const scenario = parseScenario(parse(yaml ?? ''));
  expect(scenario.cluster).toBe('shop');
  expect(scenario.instances.map(({ count }) => count)).toEqual([5, 1, 1]);
});

it('documents many faults', () => {
  expect(faults.length).toBeGreaterThan(30);
});

it.each(faults)('knows the documented fault %j', (body) => {
  const fault = faultSchema.parse(body);
  if (fault.kind !== 'amend-host') return;
  const host = hostSpecSchema.parse({
    offered: '1.26.1',
    ...fault.host,
    ec2InstanceId: 'i-00000000000000000',
  });
  expect(host).toMatchObject(fault.host);
});
