// The worker as a process of its own, without anything of AWS: node worker-process.js <metrics port> <health port>
import { runWorker } from '../../dist/src/worker/run.js';

const [, , metricsPort, healthPort] = process.argv;
await runWorker({
  activities: {},
  metricsPort: Number(metricsPort),
  healthPort: Number(healthPort),
  shutdownGraceMs: 1000,
});
process.exit(0);
