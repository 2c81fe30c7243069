/** Ids and names that nobody has: whoever is told so by AWS was allowed to ask. */
export const nobodys = {
  instance: 'i-00000000000000000',
  /** Of a container instance or a task. */
  container: '00000000000000000000000000000000',
  provider: 'ecs-updater-none',
  service: 'ecs-updater-none',
  command: '00000000-0000-0000-0000-000000000000',
  quarantine: 'ecs-updater.quarantined/none',
  documentVersion: '999999999',
} as const;
