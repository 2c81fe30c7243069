/**
 * What programs use of ecs-updater: see docs/library.md. What takes time to load is loaded by the function that needs it, so that a
 * configuration file is read as quickly as YAML.
 */
export { defineConfig } from './config/define-config.js';
export type { ConfigFile } from './config/define-config.js';
export { explainResult } from './model/explain.js';
export { clusterWorkflowId, instanceWorkflowId, scheduleId, taskQueue } from './model/names.js';
export type { ClusterRef } from './model/names.js';
export type { WebhookMessage } from './model/notice-channels.js';
export type { NotificationEvent, NotificationTarget } from './model/notifications.js';
export type { InstanceResult, Outcome, Phase } from './model/outcome.js';
export type { RolloutPlan, RolloutReport } from './model/report.js';
export type { RolloutSettings } from './model/settings.js';
export type { ClusterStatus, InstanceStatus, RolloutInput } from './model/steering.js';
export { createActivities, createDataConverter, createWorker, workflowCode } from './worker/embedded.js';
export type { EmbeddedWorkerSettings } from './worker/embedded.js';
export type { Activities } from '../activities/types.js';
