import type * as justBash from 'just-bash';
import type { Bash, CommandName, CustomCommand, InMemoryFs } from 'just-bash';
import type { ProgramResult } from './apiclient.js';
import { formatDate } from './date.js';

/** What a script finds around it. */
export interface ShellContext {
  /** Files that the system provides, as they are now: content by absolute path. */
  files(): Record<string, string>;
  /** Milliseconds since the epoch by the host's clock. */
  hostNow(): number;
}

/** A program besides the usual tools. */
export type Program = (args: string[]) => Promise<ProgramResult>;

/** One script under way. */
export interface ScriptRun {
  signal: AbortSignal;
  /** Simulated time; throws when the script was killed meanwhile. */
  sleep: (ms: number) => Promise<void>;
  programs: Record<string, Program>;
}

/** What outlives a restart of a Bottlerocket host container; the rest of its file system is made anew (core-kit, host-ctr). */
export const persistentDirectory = '/.bottlerocket/host-containers/current';

type JustBash = typeof justBash;
let loading: Promise<JustBash> | undefined;

/**
 * Loads the interpreter, which otherwise the first script does. Afterwards a script needs no more than microtasks apart from the
 * simulated time that it takes, so that a stepped clock sees no half-run script.
 */
export function loadShell(): Promise<JustBash> {
  loading ??= import('just-bash').then(async (module) => {
    const bash = newBash(module, new module.InMemoryFs({ '/tmp/x': 'x' }), { commands: tools });
    const calls = tools.map((tool) => `${tool} </tmp/x >/dev/null 2>&1`).join('\n');
    await bash.exec(calls, { rawScript: true });
    return module;
  });
  return loading;
}

// Amazon Linux with the SSM agent and jq: no systemctl, no reboot.
const tools =
  `echo cat printf ls mkdir rmdir touch rm cp mv ln chmod pwd readlink head tail wc stat grep fgrep egrep sed awk sort uniq cut
  paste tr tee find basename dirname env printenv xargs true false bash sh jq base64 date sleep timeout seq expr md5sum
  sha256sum hostname od which whoami`
    .split(/\s+/)
    .filter((name): name is CommandName => name !== '');

function newBash(
  { Bash: BashClass }: JustBash,
  fs: InMemoryFs,
  options: {
    commands: CommandName[];
    customCommands?: CustomCommand[];
    sleep?: (ms: number) => Promise<void>;
  },
): Bash {
  return new BashClass({
    fs,
    ...options,
    cwd: '/',
    env: { HOME: '/root', USER: 'root', PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    // It guards the process against the script by patching globals, which would reach everything else in here.
    defenseInDepth: false,
    executionLimits: { maxExecutionTimeMs: 24 * 60 * 60 * 1000 },
  });
}

/** The shell of one host as the SSM agent's scripts see it: root, in a file system that lives until the next restart. */
export class Shell {
  #files: InMemoryFs | undefined;
  #isStale = true;

  constructor(private readonly context: ShellContext) {}

  /** Runs a script to its end. One that was aborted ends somehow; its result counts for nothing. */
  async run(script: string, run: ScriptRun): Promise<ProgramResult> {
    const module = await loadShell();
    const files = await this.#filesNow(module);
    const bash = newBash(module, files, {
      commands: tools,
      customCommands: this.#programs(module, run),
      sleep: run.sleep,
    });
    const { stdout, stderr, exitCode } = await bash.exec(script, { rawScript: true, signal: run.signal });
    return { stdout, stderr, exitCode };
  }

  /** The container starts anew, as at a boot. */
  restart(): void {
    this.#isStale = true;
  }

  #programs(module: JustBash, run: ScriptRun): CustomCommand[] {
    const own: Record<string, Program> = {
      id: (args) =>
        Promise.resolve(printed(args.includes('-u') ? '0' : 'uid=0(root) gid=0(root) groups=0(root)')),
      uname: () => Promise.resolve(printed('Linux')),
      ...run.programs,
    };
    const date = module.defineCommand('date', (args, { origCommand }) => {
      const text = formatDate(this.context.hostNow(), args);
      return text === null && origCommand ? origCommand(args) : Promise.resolve(printed(text ?? ''));
    });
    const programs = Object.entries(own).map(([name, program]) =>
      module.defineCommand(name, (args) => {
        run.signal.throwIfAborted();
        return program(args);
      }),
    );
    return [date, ...programs];
  }

  async #filesNow(module: JustBash): Promise<InMemoryFs> {
    const before = this.#files;
    if (this.#isStale || !before) {
      this.#files = new module.InMemoryFs(this.context.files());
      this.#isStale = false;
      await keepPersistent(before, this.#files);
    }
    return this.#files ?? new module.InMemoryFs();
  }
}

async function keepPersistent(from: InMemoryFs | undefined, to: InMemoryFs): Promise<void> {
  to.mkdirSync(persistentDirectory, { recursive: true });
  const kept = from?.getAllPaths().filter((path) => path.startsWith(`${persistentDirectory}/`)) ?? [];
  for (const path of kept) {
    const { isFile } = (await from?.stat(path)) ?? { isFile: false };
    if (isFile) {
      await to.writeFile(path, (await from?.readFile(path)) ?? '');
    } else {
      await to.mkdir(path, { recursive: true });
    }
  }
}

const printed = (line: string): ProgramResult => ({ stdout: `${line}\n`, stderr: '', exitCode: 0 });
