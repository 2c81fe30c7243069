import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';

const here = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const compiled = import.meta.url.endsWith('.js');

/** The bundle that the build leaves beside the compiled sources. */
const prebuilt = here('../../workflow-bundle.js');
const workflowsPath = here(`../../workflows/index.${compiled ? 'js' : 'ts'}`);

const quiet = () => {};
const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

let bundled: Promise<WorkflowBundleOption> | undefined;

/** Our workflows as a worker wants them: the build's bundle where there is one, else one made from the sources, once. */
export function workflowCode(): Promise<WorkflowBundleOption> {
  bundled ??=
    compiled && existsSync(prebuilt)
      ? Promise.resolve({ codePath: prebuilt })
      : bundleWorkflowCode({ workflowsPath, logger });
  return bundled;
}
