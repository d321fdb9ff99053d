import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { natsServer } from './nats-server.mjs';
import { findFreeBlock } from './ports.mjs';
import { silentProgress } from './progress.mjs';
import { redisServer } from './redis-server.mjs';
import { s3Server } from './s3-server.mjs';
import { bringUpServer } from './server-chain.mjs';

const kinds = { nats: natsServer, redis: redisServer, s3: s3Server };
const offsets = { nats: 0, natsMonitor: 1, redis: 2, s3: 10 };
// Swift listens on four ports from its first on.
const usedOffsets = [0, 1, 2, 10, 11, 12, 13];

async function bringUpOne(kind, { context, progress, onProcess }) {
  const step = progress.step(kind.name);
  try {
    const server = await bringUpServer(kind, { context: { ...context, say: (text) => step.note(text) }, onProcess });
    step.done(`${server.version} from ${server.source}${server.pid ? `, pid ${server.pid}` : ''}`);
    return server;
  } catch (error) {
    step.fail(error.message.split('\n', 1)[0]);
    throw error;
  }
}

/**
 * Brings NATS, Redis and S3 up side by side on 127.0.0.1, with data, logs and configuration under `runDir`.
 * Rejects with ServerUnavailableError (after stopping what had come up) when one cannot be had.
 * @param {import('./servers.d.mts').BringUpOptions} options
 * @returns {Promise<import('./servers.d.mts').Servers>}
 */
export async function bringUpServers({ runDir, basePort, which = ['nats', 'redis', 's3'], ...options }) {
  const {
    progress = silentProgress,
    dataDir = join(runDir, 'data'),
    toolsDir,
    bucket = 'headwater',
    onProcess,
  } = options;
  await mkdir(resolve(runDir), { recursive: true, mode: 0o700 });
  const base = await findFreeBlock(basePort, usedOffsets);
  const ports = Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [name, base + offset]));
  const context = { runDir: resolve(runDir), dataDir: resolve(dataDir), toolsDir, ports, bucket };
  const outcomes = await Promise.allSettled(
    which.map((name) => bringUpOne(kinds[name], { context, progress, onProcess })),
  );
  const running = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const stop = async () => {
    await Promise.all(running.map((server) => server.stop()));
  };
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  if (errors.length > 0) {
    await stop();
    throw errors.length === 1 ? errors[0] : new AggregateError(errors, errors.map((error) => error.message).join('\n'));
  }
  const handles = Object.fromEntries(running.map((server) => [server.kind.name, server]));
  const connections = Object.fromEntries(
    running.map((server) => [server.kind.name, { ...server.connection, pid: server.pid }]),
  );
  return { ...connections, handles, stop };
}

/**
 * The connection facts as the environment that Jest's tests read.
 * @param {import('./servers.d.mts').Servers} servers
 * @returns {Record<string, string>}
 */
export function testEnvironment({ nats, redis, s3 }) {
  return {
    ...(nats && { TEST_NATS_URL: nats.url }),
    ...(redis && { TEST_REDIS_URL: redis.url }),
    ...(s3 && {
      TEST_S3_ENDPOINT: s3.endpoint,
      TEST_S3_ACCESS_KEY: s3.accessKey,
      TEST_S3_SECRET_KEY: s3.secretKey,
      TEST_S3_BUCKET: s3.bucket,
      TEST_S3_REGION: s3.region,
    }),
  };
}
