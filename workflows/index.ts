export { examineCluster } from './examine-cluster.js';
export { explainInstance } from './explain-instance.js';
export { notify } from './notify.js';
export { planCluster } from './plan-cluster.js';
export { startRollout } from './start-rollout.js';
export { steerCluster } from './steer-cluster.js';
export { updateCluster } from './update-cluster.js';
export { updateInstance } from './update-instance.js';
