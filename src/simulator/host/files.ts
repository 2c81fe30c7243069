import { persistentDirectory } from './shell.js';
import type { HostSpec } from './spec.js';

/** The files that a script reads to learn about its host; on Bottlerocket, as mounted into the control container (core-kit, host-ctr). */
export function systemFiles(spec: HostSpec, version: string, bootId: string): Record<string, string> {
  const common = {
    '/proc/sys/kernel/random/boot_id': `${bootId}\n`,
    '/root/.profile': '',
    '/run/.keep': '',
    '/tmp/.keep': '',
    '/etc/hostname': `${spec.ec2InstanceId}\n`,
  };
  if (spec.os !== 'bottlerocket') {
    return {
      ...common,
      '/etc/os-release': osRelease({ NAME: 'Amazon Linux', ID: 'amzn', VERSION_ID: '2023' }),
    };
  }
  return {
    ...common,
    '/etc/os-release': osRelease({ NAME: 'Amazon Linux', ID: 'amzn', VERSION_ID: '2' }),
    '/etc/bottlerocket-release': osRelease({
      NAME: 'Bottlerocket',
      ID: 'bottlerocket',
      VERSION: `${version} (${spec.variant})`,
      PRETTY_NAME: `Bottlerocket OS ${version} (${spec.variant})`,
      VARIANT_ID: spec.variant,
      VERSION_ID: version,
      BUILD_ID: '00000000',
    }),
    '/run/api.sock': '',
    [`${persistentDirectory}/ssm/registration`]: '',
  };
}

/** Values with spaces are quoted. */
function osRelease(fields: Record<string, string>): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${/^[\w.-]+$/.test(value) ? value : `"${value}"`}\n`)
    .join('');
}
