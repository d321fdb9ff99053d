import { argv, env, exit, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { loadConfig, objectStoreEnv, redisEnv } from '#shared/config';
import { LiveInputId } from '#shared/contracts';
import { MinioObjectStore } from '#shared/object-store';
import { connectRedis } from '#shared/redis';
import { TimelineIndex } from '#shared/timeline-index';
import { rebuildIndex } from './index-rebuild.ts';

const { values } = parseArgs({ args: argv.slice(2), options: { input: { type: 'string' } } });
const input = LiveInputId.optional().safeParse(values.input);
if (!input.success) {
  stderr.write(`--input: ${z.prettifyError(input.error)}\n`);
  exit(2);
}
const config = loadConfig(z.object({ ...objectStoreEnv, ...redisEnv }), env);
const redis = connectRedis(config.REDIS_URL, (error) => stderr.write(`Redis is away: ${error.message}\n`));
const store = new MinioObjectStore(config);
let unreadable = 0;

await rebuildIndex(
  {
    store,
    index: new TimelineIndex({ store, redis, onHotError: () => undefined }),
    onProgress: (done) => stdout.write(`${done.inputId}: ${done.objects} objects, ${done.rows} segments\n`),
    onUnreadable: (key, error) => {
      unreadable += 1;
      stderr.write(`${key} is left out: ${String(error)}\n`);
    },
  },
  input.data,
);
redis.disconnect();
exit(unreadable === 0 ? 0 : 1);
