import { once } from 'node:events';
import { Command } from 'commander';
import openInBrowser from 'open';
import { connectClient } from '../temporal/connection.js';
import { type Dashboard, startDashboard } from '../web/server.js';
import { temporalSource } from '../web/temporal-source.js';
import { operator } from './shared/context.js';
import { CommandError } from './shared/errors.js';
import { examples } from './shared/help.js';
import { portOption } from './shared/options.js';

interface DashboardFlags {
  port: number;
  open?: true;
}

/** `ecs-updater dashboard`: every cluster in a browser, live, with buttons to steer. */
export function dashboardCommand(): Command {
  return new Command('dashboard')
    .summary('follow and steer every cluster in a browser')
    .description(
      'Serves a page of all clusters of the Temporal namespace, until Ctrl-C: a map of each fleet, a timeline, and buttons to steer. ' +
        'It listens on 127.0.0.1 only and lets in who opens the address that it prints. Orders are given as ECS_UPDATER_OPERATOR, or by the name of the ' +
        'user. Needs a worker.',
    )
    .option('--port <n>', 'port to listen on; 0: any that is free', portOption, 0)
    .option('--open', 'open it in the browser')
    .addHelpText('after', examples('ecs-updater dashboard --open', 'ecs-updater dashboard --port 8090'))
    .action(async (flags: DashboardFlags) => {
      const { client, target, close } = await connectClient();
      try {
        const dashboard = await start(flags.port, {
          source: temporalSource(client, target, operator()),
          operator: operator(),
          place: `Temporal at ${target.address}, namespace ${target.namespace}`,
          onError: (err) => process.stderr.write(`ecs-updater: ${err.stack ?? err.message}\n`),
        });
        try {
          const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
          process.stdout.write(`Dashboard: ${dashboard.url}\nIt is served until Ctrl-C.\n`);
          if (flags.open) await open(dashboard);
          await interrupted;
        } finally {
          await dashboard.close();
        }
      } finally {
        await close();
      }
    });
}

async function start(
  port: number,
  options: Omit<Parameters<typeof startDashboard>[0], 'port'>,
): Promise<Dashboard> {
  try {
    return await startDashboard({ ...options, port });
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    throw new CommandError(
      `the dashboard cannot be served on port ${port}: ${reason}. Choose another --port, or 0 for any that is free.`,
      undefined,
      { cause: err },
    );
  }
}

/** Without a browser the address is there all the same. */
async function open(dashboard: Dashboard): Promise<void> {
  try {
    const browser = await openInBrowser(dashboard.urlForOnce());
    browser.on('error', sayNoBrowser);
  } catch (err) {
    sayNoBrowser(err instanceof Error ? err : new Error(String(err)));
  }
}

const sayNoBrowser = (err: Error): void =>
  void process.stderr.write(
    `ecs-updater: no browser could be started: ${err.message}. Open the address yourself.\n`,
  );
