import { type ClusterConfig, type Config, loadConfig } from '../../config/load.js';
import { ConfigFileError } from '../../config/problem.js';
import type { AssumedRole } from '../../model/names.js';
import { CommandError, exitCodes } from './errors.js';

/** Reads the file of a command. Ends the command as wrong configuration, with a line for each problem. */
export async function configFrom(file: string, base: { installation?: string } = {}): Promise<Config> {
  try {
    return await loadConfig(file, base);
  } catch (err) {
    if (!(err instanceof ConfigFileError)) throw err;
    throw new CommandError(err.lines, exitCodes.usage, { cause: err });
  }
}

/** The role that is assumed for a cluster of the file; null: none. */
export const assumedRole = ({ assumeRole }: ClusterConfig): AssumedRole | null =>
  assumeRole && {
    roleArn: assumeRole.roleArn,
    ...(assumeRole.externalId !== null && { externalId: assumeRole.externalId }),
  };
