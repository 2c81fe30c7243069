import { merge, sorted } from './api-json.js';
import { callApi } from './api-server.js';
import type { ApiContext, ApiResponse } from './api-server.js';
import { isNewer } from './spec.js';
import type { UpdateAction } from './update-machine.js';
import type { Origin } from './updates.js';

/** What a program printed and how it ended. */
export interface ProgramResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** What one call of `apiclient` runs with. */
export interface ApiclientContext extends ApiContext {
  origin: Origin;
  /** Simulated time; throws when the caller was killed meanwhile. */
  sleep: (ms: number) => Promise<void>;
  /** Aborted when the caller is killed: from then on it asks the API for nothing more. */
  signal: AbortSignal;
  /** Milliseconds since the epoch by the host's clock, for log lines. */
  hostNow: () => number;
}

class Failure extends Error {
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
    this.name = 'Failure';
  }
}

/** `apiclient` of core-kit v1.26: answers on stdout, coloured log lines and errors on stderr, exit 1 on failure, 2 on wrong usage. */
export async function apiclient(context: ApiclientContext, args: readonly string[]): Promise<ProgramResult> {
  const client = new Apiclient(context);
  try {
    await client.run(args);
    return client.result(0);
  } catch (error) {
    if (!(error instanceof Failure)) {
      throw error;
    }
    client.stderr += `${error.message}\n`;
    return client.result(error.exitCode);
  }
}

/** Bottlerocket's changelog. */
const subcommandsSince: Record<string, string> = {
  update: '1.0.5',
  reboot: '1.0.5',
  set: '1.0.6',
  get: '1.5.0',
};
const known = ['raw', 'get', 'set', 'update', 'reboot', 'apply', 'exec', 'report', 'ephemeral-storage'];

class Apiclient {
  stdout = '';
  stderr = '';

  constructor(private readonly context: ApiclientContext) {}

  result(exitCode: number): ProgramResult {
    return { stdout: this.stdout, stderr: this.stderr, exitCode };
  }

  async run(args: readonly string[]): Promise<void> {
    const index = args.findIndex((arg) => known.includes(arg));
    const subcommand = args[index] ?? 'raw';
    const rest = args.filter((_, position) => position !== index);
    const since = subcommandsSince[subcommand];
    if (since !== undefined && isNewer(since, this.context.version())) {
      throw usage(`Unknown argument '${subcommand}'`);
    }
    switch (subcommand) {
      case 'raw':
        return this.#raw(rest);
      case 'get':
        return this.#get(rest);
      case 'set':
        return this.#set(rest);
      case 'reboot':
        return this.#reboot(rest);
      case 'update':
        return this.#update(rest);
      default:
        throw usage(`'${subcommand}' is not simulated`);
    }
  }

  async #update([subcommand = '', ...rest]: string[]): Promise<void> {
    switch (subcommand) {
      case 'check':
        refuseArguments(rest);
        await this.#check();
        return;
      case 'apply':
        return this.#apply(rest);
      case 'cancel':
        refuseArguments(rest);
        this.#log('Canceling update...');
        await explained('Failed to cancel update', () =>
          this.#waitFor('deactivate', '/actions/deactivate-update', 5),
        );
        return;
      default:
        throw usage("Missing or unknown subcommand for 'update'");
    }
  }

  async #check(): Promise<string> {
    this.#log('Refreshing updates...');
    const status = await explained('Failed to check for updates', () =>
      this.#waitFor('refresh', '/actions/refresh-updates', 10),
    );
    this.#print(JSON.parse(status));
    return status;
  }

  async #apply(args: string[]): Promise<void> {
    const options = { check: ['-c', '--check'], reboot: ['-r', '--reboot'] };
    const unknown = args.find((arg) => !Object.values(options).flat().includes(arg));
    if (unknown !== undefined) {
      throw usage(`Unknown argument '${unknown}'`);
    }
    if (args.some((arg) => options.check.includes(arg))) {
      const status = await this.#check();
      if (/"update_state":"Idle"/.test(status)) {
        return this.#log('No updates available.');
      }
      if (/"update_state":"Ready"/.test(status)) {
        return this.#log('Update already applied; reboot for it to take effect, or request a cancel.');
      }
    }
    this.#log('Downloading and applying update to disk...');
    await explained(`Failed to apply update: ${prepareHint}`, () =>
      this.#waitFor('prepare', '/actions/prepare-update', 600),
    );
    this.#log('Setting the update active so it will apply on the next reboot...');
    await explained('Failed to apply update', () => this.#waitFor('activate', '/actions/activate-update', 5));
    if (args.some((arg) => options.reboot.includes(arg))) {
      return this.#reboot([]);
    }
    this.#log('Update has been applied and will take effect on next reboot.');
  }

  async #reboot(args: string[]): Promise<void> {
    refuseArguments(args);
    const uri = '/actions/reboot';
    await explained(`Failed to reboot: Failed POST request to '${uri}'`, () => this.#request('POST', uri));
    this.#log('Rebooting, goodbye...');
  }

  async #get(args: string[]): Promise<void> {
    const uris = args.filter((arg) => arg.startsWith('/'));
    const prefixes = args.filter((arg) => !arg.startsWith('/'));
    const option = args.find((arg) => arg.startsWith('-'));
    if (option !== undefined) {
      throw usage(`Unknown argument '${option}'`);
    }
    if (uris.length > 1) {
      throw usage('You can only specify one URI.');
    }
    if (uris.length > 0 && prefixes.length > 0) {
      throw usage('You can specify prefixes or a URI, but not both.');
    }
    const asked =
      uris.length > 0
        ? uris
        : (prefixes.length > 0 ? prefixes : ['os.', 'settings.']).map((prefix) => `/?prefix=${prefix}`);
    let merged: unknown = {};
    for (const uri of asked) {
      const { body } = await explained(`Failed to get settings: Failed GET request to '${uri}'`, () =>
        this.#request('GET', uri),
      );
      merged = merge(merged, JSON.parse(body));
    }
    this.#print(merged);
  }

  async #set(args: string[]): Promise<void> {
    const jsonAt = args.findIndex((arg) => arg === '-j' || arg === '--json');
    const pairs = args.filter((arg) => arg.includes('='));
    if (jsonAt < 0 && pairs.length === 0) {
      throw usage("Must specify key=value settings or --json settings with 'set'");
    }
    const transaction = 'tx=apiclient-set-simulated';
    const [uri, data] =
      jsonAt >= 0
        ? [`/settings?${transaction}`, unwrapped(args[jsonAt + 1] ?? '')]
        : [`/settings/keypair?${transaction}`, JSON.stringify({ request_payload: pairs })];
    await explained(`Failed to change settings: Failed PATCH request to '${uri}'`, () =>
      this.#request('PATCH', uri, data),
    );
    await this.#request('POST', `/tx/commit_and_apply?${transaction}`);
  }

  async #raw(args: string[]): Promise<void> {
    const valueOf = (...names: string[]): string | undefined => {
      const at = args.findIndex((arg) => names.includes(arg));
      return at < 0 ? undefined : args[at + 1];
    };
    const uri = valueOf('-u', '--uri');
    if (uri === undefined) {
      throw usage("Missing required argument '--uri'");
    }
    const method = valueOf('-X', '-m', '--method') ?? 'GET';
    const { body } = await explained(`Failed ${method} request to '${uri}'`, () =>
      this.#request(method, uri, valueOf('-d', '--data')),
    );
    if (body !== '') {
      this.stdout += `${this.#mangled(body)}\n`;
    }
  }

  /** Requests an update action and waits for its end, as `wait_request` of apiclient/src/update.rs does. */
  async #waitFor(command: UpdateAction, uri: string, limitSeconds: number): Promise<string> {
    const { updates, sleep } = this.context;
    const before = this.#call('GET', '/updates/status');
    if (before.status !== 200 && before.status !== 404) {
      const name = before.status === 423 ? '423 Locked' : String(before.status);
      throw new Failure(`Unable to check initial update status, got code '${name}': ${before.body}`);
    }
    await explained(`Failed to make ${command} request`, () => this.#request('POST', uri));
    const finished = updates.idle().then(() => true);
    const isFinished = await Promise.race([finished, sleep(limitSeconds * 1000).then(() => false)]);
    if (!isFinished) {
      throw new Failure(
        `Timed out after waiting ${limitSeconds}s seconds after POST to ${uri}, unsure of result`,
      );
    }
    const { body } = this.#call('GET', '/updates/status');
    const status = updates.machine.read();
    const last = typeof status === 'string' ? null : status.most_recent_command;
    if (last?.cmd_status !== 'Success') {
      throw new Failure(
        `${command} attempt failed with status '${last?.cmd_status ?? 'missing'}' (-1): ${last?.stderr ?? '<missing>'}`,
      );
    }
    return body;
  }

  #request(method: string, uri: string, data?: string): Promise<ApiResponse> {
    const response = this.#call(method, uri, data);
    return response.status < 300
      ? Promise.resolve(response)
      : Promise.reject(
          new Failure(`Status ${response.status} when ${method}ing ${socketUri}${uri}: ${response.body}`),
        );
  }

  #call(method: string, uri: string, data?: string): ApiResponse {
    this.context.signal.throwIfAborted();
    return callApi(this.context, this.context.origin, method, uri, data);
  }

  /** Pretty, keys sorted: what serde_json makes of an untyped value. */
  #print(value: unknown): void {
    this.stdout += `${this.#mangled(JSON.stringify(sorted(value), null, 2))}\n`;
  }

  #mangled(text: string): string {
    const { output } = this.context.spec();
    if (output === 'truncated') {
      return text.slice(0, text.length / 2);
    }
    if (output === 'ansi') {
      return `\u001B[32m${text.replaceAll('\n', '\u001B[0m\n\u001B[32m')}\u001B[0m`;
    }
    return output === 'garbage' ? '\u001B[31m\u0000{{ thread "main" panicked \\ at' : text;
  }

  #log(message: string): void {
    const time = new Date(this.context.hostNow()).toISOString().slice(11, 19);
    this.stderr += `${time} \u001B[0m\u001B[34m[INFO] \u001B[0m${message}\n`;
  }
}

/** `/run/api.sock` in hexadecimal, as hyper's Unix connector writes it. */
const socketUri = 'unix://2f72756e2f6170692e736f636b:0';

const prepareHint =
  "Failed to prepare update.  This could mean that we don't have a list of updates yet or that an update is already applied.  Running 'apiclient update check' will help you find out.  You can cancel an applied ('Ready') update with 'apiclient update cancel' if desired.  Detail";

const usage = (message: string): Failure =>
  new Failure(`${message}\n\nUsage: apiclient [SUBCOMMAND] [OPTION]...`, 2);

function refuseArguments(args: string[]): void {
  if (args.length > 0) {
    throw usage(`Unknown arguments: ${args.join(', ')}`);
  }
}

/** Puts the caller's words before those of a failure. */
async function explained<T>(words: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof Failure && error.exitCode === 1
      ? new Failure(`${words}: ${error.message}`)
      : error;
  }
}

/** `--json` may carry a `settings` layer around the settings. */
function unwrapped(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && 'settings' in value) {
      return JSON.stringify(value.settings);
    }
    return json;
  } catch (error) {
    throw usage(`Couldn't parse given JSON input: ${String(error)}`);
  }
}
