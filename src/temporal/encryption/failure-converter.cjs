// The SDK loads this by its path, into workers and into the bundle of workflows. Messages and stacks of failures become payloads, as other data is.
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
