import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { encodingFailureConverter } from '../temporal/encryption/data-converter.js';

const here = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const compiled = import.meta.url.endsWith('.js');

/** What a worker's workflows come with. */
export interface WorkflowCodeKind {
  /** The SDK's interceptors, which need its sinks on the worker. */
  traced?: boolean;
  /** Messages of failures are payloads: for a worker whose data converter does the same. */
  encoding?: boolean;
}

/** The bundle that the build leaves beside the compiled sources. */
const prebuilt = (name: string): string => here(`../../workflow-bundle${name}.js`);
const workflowsPath = here(`../../workflows/index.${compiled ? 'js' : 'ts'}`);

const quiet = () => {};
const logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

const bundled = new Map<string, Promise<WorkflowBundleOption>>();

/** Our workflows as a worker wants them: the build's bundle where there is one, else one made from the sources, once. */
export function workflowCode({
  traced = false,
  encoding = false,
}: WorkflowCodeKind = {}): Promise<WorkflowBundleOption> {
  const name = `${traced ? '.traced' : ''}${encoding ? '.encoding' : ''}`;
  const known = bundled.get(name);
  if (known) return known;
  const code =
    compiled && existsSync(prebuilt(name))
      ? Promise.resolve({ codePath: prebuilt(name) })
      : bundleWorkflowCode({
          workflowsPath,
          logger,
          ...(traced && { workflowInterceptorModules: [require.resolve(interceptors)] }),
          ...(encoding && { failureConverterPath: encodingFailureConverter }),
        });
  bundled.set(name, code);
  return code;
}

const require = createRequire(import.meta.url);
const interceptors = '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors';
