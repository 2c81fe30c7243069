import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Shell } from '../../../src/simulator/host/shell.js';

export interface Output {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** A machine that scripts run on one after the other: its files, and an `apiclient` that always answers the same. */
export interface Machine {
  run: (script: string) => Promise<Output>;
  /** How often `apiclient` was called, and with what. */
  calls: () => Promise<string[]>;
  dispose: () => Promise<void>;
}

export interface MachineSpec {
  files: Record<string, string>;
  /** Null: there is no such program. */
  apiclient: Output | null;
}

/** The simulator's own interpreter. */
export function simulated({ files, apiclient }: MachineSpec): Promise<Machine> {
  const calls: string[] = [];
  const shell = new Shell({ files: () => files, hostNow: () => Date.now() });
  const program = (args: string[]): Promise<Output> => {
    calls.push(args.join(' '));
    return Promise.resolve(apiclient ?? { stdout: '', stderr: '', exitCode: 127 });
  };
  return Promise.resolve({
    run: (script) =>
      shell.run(script, {
        signal: new AbortController().signal,
        sleep: () => Promise.resolve(),
        programs: apiclient ? { apiclient: program } : {},
      }),
    calls: () => Promise.resolve(calls),
    dispose: () => Promise.resolve(),
  });
}

/** A real shell, in a temporary directory that stands for the root of the file system. */
export const real =
  (shell: string[]) =>
  async ({ files, apiclient }: MachineSpec): Promise<Machine> => {
    const root = await mkdtemp(join(tmpdir(), 'ecs-updater-'));
    const put = async (path: string, content: string): Promise<void> => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    };
    for (const [path, content] of Object.entries(files)) {
      await put(path, content);
    }
    await put('/bin/calls', '');
    if (apiclient) {
      await put('/bin/stdout', apiclient.stdout);
      await put('/bin/stderr', apiclient.stderr);
      const here = '"$(dirname "$0")"';
      await put(
        '/bin/apiclient',
        `#!/bin/sh\necho "$*" >>${here}/calls\ncat ${here}/stderr >&2\ncat ${here}/stdout\nexit ${apiclient.exitCode}\n`,
      );
      await chmod(join(root, '/bin/apiclient'), 0o755);
    }
    const [program = '', ...options] = shell;
    const execute = (args: string[]): Promise<Output> =>
      new Promise((resolve) => {
        const env = { PATH: `${join(root, '/bin')}:/usr/bin:/bin`, ECS_UPDATER_ROOT: root };
        execFile(program, args, { env }, (error, stdout, stderr) => {
          resolve({ stdout, stderr, exitCode: Number(error?.code ?? 0) });
        });
      });
    return {
      run: async (script) => {
        await put('/script', script);
        return execute([...options, join(root, '/script')]);
      },
      calls: async () => (await execute(['-c', `cat ${root}/bin/calls`])).stdout.split('\n').filter(Boolean),
      dispose: () => rm(root, { recursive: true, force: true }),
    };
  };
