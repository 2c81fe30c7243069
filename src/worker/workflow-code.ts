import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';

const here = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const compiled = import.meta.url.endsWith('.js');

/** The bundles that the build leaves beside the compiled sources. */
const prebuilt = { plain: here('../../workflow-bundle.js'), traced: here('../../workflow-bundle.traced.js') };
const workflowsPath = here(`../../workflows/index.${compiled ? 'js' : 'ts'}`);

const quiet = () => {};
const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

const bundled: Partial<Record<keyof typeof prebuilt, Promise<WorkflowBundleOption>>> = {};

/**
 * Our workflows as a worker wants them: the build's bundle where there is one, else one made from the sources, once. Those that are traced
 * come with the SDK's interceptors, and need its sinks on the worker.
 */
export function workflowCode(kind: keyof typeof prebuilt = 'plain'): Promise<WorkflowBundleOption> {
  bundled[kind] ??=
    compiled && existsSync(prebuilt[kind])
      ? Promise.resolve({ codePath: prebuilt[kind] })
      : bundleWorkflowCode({ workflowsPath, logger, workflowInterceptorModules: interceptors[kind]() });
  return bundled[kind];
}

const interceptors = {
  plain: () => [],
  traced: () => [
    createRequire(import.meta.url).resolve(
      '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors',
    ),
  ],
};
