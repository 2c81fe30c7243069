// Compiles the sources into dist/ and bundles the workflows beside them, without and with tracing and encryption, so that a worker starts without a
// compiler.
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const require = createRequire(import.meta.url);

rmSync(path('../dist'), { recursive: true, force: true });
execFileSync(
  process.execPath,
  [path('../node_modules/typescript/bin/tsc'), '-p', path('../tsconfig.build.json')],
  {
    stdio: 'inherit',
  },
);
// What browsers load is not compiled.
cpSync(path('../src/web/assets'), path('../dist/src/web/assets'), {
  recursive: true,
  filter: (file) => !/tsconfig\.json$|\.d\.ts$/.test(file),
});
// The SDK loads it by its path, as CommonJS.
const failureConverterPath = path('../dist/src/temporal/encryption/failure-converter.cjs');
cpSync(path('../src/temporal/encryption/failure-converter.cjs'), failureConverterPath);
const silent = () => {};
const quiet = {
  log: silent,
  trace: silent,
  debug: silent,
  info: silent,
  warn: console.warn,
  error: console.error,
};
const workflowInterceptorModules = [
  require.resolve('@temporalio/interceptors-opentelemetry/lib/workflow-interceptors'),
];
const bundles = {
  'workflow-bundle.traced.encoding.js': { workflowInterceptorModules, failureConverterPath },
  'workflow-bundle.traced.js': { workflowInterceptorModules },
  'workflow-bundle.encoding.js': { failureConverterPath },
  // Last: whoever looks whether the build is fresh looks at this one.
  'workflow-bundle.js': {},
};
for (const [name, options] of Object.entries(bundles)) {
  const { code } = await bundleWorkflowCode({
    workflowsPath: path('../dist/workflows/index.js'),
    ...options,
    logger: quiet,
  });
  writeFileSync(path(`../dist/${name}`), withLeanSourceMap(code));
}

/** The SDK names lines by the map. The sources themselves would double the file, and their paths would say on whose machine it was built. */
function withLeanSourceMap(code) {
  const [, before, json] = /^(.*\n\/\/# sourceMappingURL=data:[^,]*;base64,)(\S+)\s*$/s.exec(code);
  const { sourcesContent: _, ...map } = JSON.parse(Buffer.from(json, 'base64').toString());
  const sources = map.sources.map((source) => source.replace(path('../'), ''));
  return before + Buffer.from(JSON.stringify({ ...map, sources })).toString('base64');
}
