import { fileJsonSchema } from './file-schema.js';
import { messageJsonSchema } from './message-schema.js';
import { referencePage } from './reference.js';

/** Files of this repository that are written from the schema, by their paths; a test holds them to it. */
export const generatedFiles = (): Record<string, string> => ({
  'deploy/ecs-updater.schema.json': `${JSON.stringify(fileJsonSchema(), null, 2)}\n`,
  'deploy/notification.schema.json': `${JSON.stringify(messageJsonSchema(), null, 2)}\n`,
  'docs/configuration.md': referencePage(),
});
