import { Redis } from 'ioredis';

/** One connection to Redis or Valkey. Owned by the service that made it; `disconnect()` ends it. */
export type RedisConnection = Redis;

const RETRIES_PER_REQUEST = 1;
const COMMAND_TIMEOUT_MS = 3000;
const MAX_RECONNECT_DELAY_MS = 1000;

/**
 * Connects in the background and reconnects for ever; a command fails after one reconnect or 3 s, so a caller is never parked on a dead server.
 * `onError` hears the first error of each outage, not every attempt.
 */
export function connectRedis(url: string, onError: (error: Error) => void): RedisConnection {
  const redis = new Redis(url, {
    maxRetriesPerRequest: RETRIES_PER_REQUEST,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: COMMAND_TIMEOUT_MS,
    enableAutoPipelining: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, MAX_RECONNECT_DELAY_MS),
  });
  let isDown = false;
  redis.on('ready', () => {
    isDown = false;
  });
  redis.on('error', (error: Error) => {
    if (!isDown) onError(error);
    isDown = true;
  });
  return redis;
}

/** Whether the server answers now; for readiness checks. */
export async function isReachable(redis: RedisConnection): Promise<boolean> {
  return (await redis.ping()) === 'PONG';
}
