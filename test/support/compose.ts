import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { allOf, projectFolder, readDockerfile } from './dockerfile.js';

const words = z.union([z.string(), z.array(z.string())]).transform((text) => [text].flat().join(' '));

const service = z.strictObject({
  image: z.string(),
  build: z.literal('.').optional(),
  entrypoint: words.optional(),
  command: words.optional(),
  environment: z.record(z.string(), z.string()).default({}),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({ condition: z.enum(['service_healthy', 'service_completed_successfully']) }),
    )
    .default({}),
  ports: z.array(z.string().regex(/^\d+:\d+$/)).default([]),
  expose: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  configs: z.array(z.strictObject({ source: z.string(), target: z.string() })).default([]),
  healthcheck: z
    .union([
      z.strictObject({ disable: z.literal(true) }),
      z.strictObject({
        test: z.array(z.string()),
        interval: z.string(),
        timeout: z.string(),
        retries: z.number(),
        start_period: z.string().optional(),
      }),
    ])
    .optional(),
  restart: z.literal('unless-stopped').optional(),
  stop_grace_period: z.string().optional(),
});

const composeFile = z.looseObject({
  services: z.record(z.string(), service),
  configs: z.record(z.string(), z.strictObject({ content: z.string() })),
  volumes: z.record(z.string(), z.null()),
});

/** A service of the compose file, with what it does and needs. */
export type Service = z.infer<typeof service>;

/** Reads our compose file; a member that it does not know is an error. */
export function readCompose(): z.infer<typeof composeFile> {
  return composeFile.parse(
    parse(readFileSync(`${projectFolder}/docker-compose.yml`, 'utf8'), { merge: true }),
  );
}

const builtImage = readDockerfile().stages.at(-1) ?? {
  image: '',
  platform: undefined,
  name: '',
  instructions: [],
};

/** Whether Docker can tell that the service is healthy: by its own check, or by that of the image we build. */
export function hasHealthCheck({ healthcheck, build }: Service): boolean {
  if (healthcheck === undefined) return build !== undefined && allOf(builtImage, 'HEALTHCHECK').length > 0;
  return 'test' in healthcheck;
}

/** Ports inside the container on which others may expect the service. */
export function portsOf({ ports, expose, build }: Service): number[] {
  const fromImage = build === undefined ? [] : allOf(builtImage, 'EXPOSE').flatMap((text) => text.split(' '));
  const published = ports.map((pair) => pair.split(':')[1] ?? '');
  return [...published, ...expose, ...fromImage].map(Number);
}
