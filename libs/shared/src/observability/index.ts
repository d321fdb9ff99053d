export { createLogger, type OriginLogger } from './logger.ts';
export { OpsServer, type HealthCheck } from './ops-server.ts';
export { Metrics } from './metrics.ts';
