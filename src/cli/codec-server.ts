import { once } from 'node:events';
import { Command, InvalidArgumentError, Option } from 'commander';
import { conversionFor } from '../temporal/encryption/data-converter.js';
import { keyRingFrom, keyVariables } from '../temporal/encryption/key-ring.js';
import { type CodecServer, startCodecServer } from '../web/codec-server.js';
import { CommandError, exitCodes } from './shared/errors.js';
import { examples } from './shared/help.js';
import { portOption } from './shared/options.js';

interface CodecFlags {
  port: number;
  origin: string[];
}

const usualOrigins = ['https://cloud.temporal.io', 'http://localhost:8233', 'http://127.0.0.1:8233'];

/** `ecs-updater codec-server`: lets Temporal's UI and command line show what is encrypted. */
export function codecServerCommand(): Command {
  return new Command('codec-server')
    .summary("let Temporal's UI and command line show what is encrypted")
    .description(
      'Decrypts and encrypts with your keys, on 127.0.0.1 only, until Ctrl-C, for your own browser and the temporal command line. ' +
        'Whoever has the address that it prints can read the data.',
    )
    .option('--port <n>', 'port to listen on; 0: any that is free', portOption, 0)
    .addOption(
      new Option('--origin <url...>', "origin of Temporal's UI, whose pages may ask")
        .default(usualOrigins)
        .argParser(originOption),
    )
    .addHelpText(
      'after',
      examples('ecs-updater codec-server', 'ecs-updater codec-server --origin https://temporal.example.com'),
    )
    .action(async ({ port, origin }: CodecFlags) => {
      const ring = keyRingFrom(process.env);
      if (!ring) throw new CommandError(`there are no keys: give them by ${keyVariables}.`, exitCodes.usage);
      const { codec } = await conversionFor(ring);
      const server = await start({ codec, origins: origin, port });
      const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      process.stdout.write(
        `Codec server: ${server.endpoint}\n` +
          "Give that address to Temporal's UI (Codec Server, in the menu above), or to temporal by --codec-endpoint. It is served until Ctrl-C.\n",
      );
      await interrupted;
      await server.close();
    });
}

async function start(options: Parameters<typeof startCodecServer>[0]): Promise<CodecServer> {
  try {
    return await startCodecServer(options);
  } catch (err) {
    const reason = err instanceof Error ? err.message : String(err);
    throw new CommandError(
      `the codec server cannot be served on port ${options.port}: ${reason}. Choose another --port, or 0 for any that is free.`,
      undefined,
      { cause: err },
    );
  }
}

function originOption(text: string, before: unknown): string[] {
  const { origin } = URL.canParse(text) ? new URL(text) : { origin: '' };
  if (!/^https?:/.test(text) || origin !== text)
    throw new InvalidArgumentError("Give an origin, as 'https://temporal.example.com'.");
  return before === usualOrigins || !Array.isArray(before) ? [text] : [...before.map(String), text];
}
