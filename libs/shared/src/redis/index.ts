export { connectRedis, isReachable, type RedisConnection } from './connect-redis.ts';
export { RedisScript } from './redis-script.ts';
