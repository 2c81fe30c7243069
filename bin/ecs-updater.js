#!/usr/bin/env node
// package.json says which Node is supported; the AWS SDK's advice on later ones would stand in the middle of our output.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const { main } = await import('../dist/src/cli/main.js');
await main(process.argv);
