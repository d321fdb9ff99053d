export {
  httpEnv,
  httpsEnv,
  natsEnv,
  objectStoreEnv,
  opsEnv,
  partitionEnv,
  reconnectEnv,
  redisEnv,
} from './fragments.ts';
export { loadConfig } from './load-config.ts';
export { describeEnvironment } from './describe-environment.ts';
