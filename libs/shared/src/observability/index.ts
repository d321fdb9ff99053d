export { createLogger, type OriginLogger } from './logger.ts';
export { OpsServer } from './ops-server.ts';
export { Metrics } from './metrics.ts';
