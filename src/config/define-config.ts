import type { z } from 'zod';
import type { fileSchema } from './file-schema.js';
import { checkConfig } from './load.js';
import { definedInCode, madeByProgram } from './module-file.js';

/** What a configuration file says, with the keys and values of `ecs-updater.yaml`: docs/configuration.md has them all. */
export type ConfigFile = z.input<typeof fileSchema>;

/**
 * Checks a configuration as `ecs-updater validate` does, and returns it unchanged. A module whose default export it is can stand in the place of
 * `ecs-updater.yaml`: `ecs-updater apply -f ecs-updater.config.mjs`. Throws an error named `ConfigFileError` whose message has a line for each
 * thing that is wrong.
 */
export function defineConfig<const T extends ConfigFile>(config: T): T {
  checkConfig(madeByProgram(definedInCode, config), definedInCode);
  return config;
}
