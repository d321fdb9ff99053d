import { readFileSync } from 'node:fs';
import { CmafReader } from '#cmaf';
import { connectBus, type Bus } from '#shared/messaging';
import { connectRedis, type RedisConnection } from '#shared/redis';
import { backendsFromEnvironment } from '#shared/testing';

const fixture = (name: string): URL => new URL(`../../../../fixtures/media/${name}`, import.meta.url);

function initOf(name: string): Buffer {
  const reader = new CmafReader({ maxBoxBytes: 8e6, maxChunkBytes: 8e6, maxInitBytes: 1e6 });
  const init = reader.push(readFileSync(fixture(name))).find((unit) => unit.kind === 'init');
  if (init?.kind !== 'init') throw new Error(`${name}: expected an init segment`);
  return Buffer.from(init.bytes);
}

/** Init segments of real tracks. */
export const INITS = {
  video: initOf('h264.cmfv'),
  otherVideo: initOf('h264-b-frames.cmfv'),
  audio: initOf('aac.cmfa'),
};

/** Bus and Redis of a test. */
export interface Servers {
  readonly bus: Bus;
  readonly redis: RedisConnection;
  close(): Promise<void>;
}

export async function connectServers(): Promise<Servers> {
  const { NATS_URL, REDIS_URL } = backendsFromEnvironment();
  const bus = await connectBus('playback-test', {
    NATS_URL,
    BUS_REPLICAS: 1,
    MEDIA_MAX_AGE_SEC: 900,
    MEDIA_MAX_BYTES: 268_435_456,
  });
  const redis = connectRedis(REDIS_URL, (error) => {
    throw error;
  });
  return {
    bus,
    redis,
    close: async () => {
      redis.disconnect();
      await bus.close();
    },
  };
}
