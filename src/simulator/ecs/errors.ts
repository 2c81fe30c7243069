import { AwsError } from '../kernel.js';

/** Errors of ECS, in its own words where they are known from public reports. */
export const invalidParameter = (message: string): AwsError =>
  new AwsError('InvalidParameterException', message);

export const clientError = (message: string): AwsError => new AwsError('ClientException', message);

export const clusterNotFound = (): AwsError => new AwsError('ClusterNotFoundException', 'Cluster not found.');

export const serviceNotFound = (): AwsError => new AwsError('ServiceNotFoundException', 'Service not found.');
