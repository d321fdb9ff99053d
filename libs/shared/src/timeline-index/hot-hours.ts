import type { RedisConnection } from '../redis/index.ts';
import { joinTags, tagOf, type Generations } from './generations.ts';
import { hotKeys } from './index-keys.ts';

/** A field of the tags that says: the durable index was read and has nothing for this hour. */
const NOTHING = 'nothing';
const NOTHING_TTL_MS = 5000;

/** What Redis says of an hour without handing over its blobs. */
export type HotState = { kind: 'tagged'; tag: string } | { kind: 'empty' } | { kind: 'unknown' };

/** Hour blobs in Redis: a copy of the durable ones that expires, so that a copy that fell behind heals itself. */
export class HotHours {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  async state(inputId: string, hour: number): Promise<HotState> {
    const fields = await this.#redis.hgetall(hotKeys(inputId, hour).tags);
    const tags = new Map(
      Object.entries(fields)
        .filter(([field]) => field !== NOTHING)
        .map(([field, tag]) => [Number(field), tag]),
    );
    if (tags.size > 0) return { kind: 'tagged', tag: joinTags(tags) };
    return { kind: NOTHING in fields ? 'empty' : 'unknown' };
  }

  /** The blobs of an hour; empty when they expired. */
  async read(inputId: string, hour: number): Promise<Generations> {
    const fields = await this.#redis.hgetallBuffer(hotKeys(inputId, hour).blobs);
    return new Map(Object.entries(fields).map(([fence, bytes]) => [Number(fence), bytes]));
  }

  /** The writer's own blob, over what it wrote before. */
  async write(at: { inputId: string; hour: number; fence: number }, bytes: Uint8Array, ttlMs: number): Promise<void> {
    const keys = hotKeys(at.inputId, at.hour);
    const results = await this.#redis
      .multi()
      .hset(keys.blobs, String(at.fence), bufferOf(bytes))
      .hset(keys.tags, String(at.fence), tagOf(bytes))
      .hdel(keys.tags, NOTHING)
      .pexpire(keys.blobs, ttlMs)
      .pexpire(keys.tags, ttlMs)
      .exec();
    throwFirst(results);
  }

  /** What a reader found in the durable index; never over a writer's newer blob. */
  async fill(inputId: string, hour: number, found: { generations: Generations; ttlMs: number }): Promise<void> {
    const keys = hotKeys(inputId, hour);
    const commands = this.#redis.multi();
    for (const [fence, bytes] of found.generations) {
      commands.hsetnx(keys.blobs, String(fence), bufferOf(bytes));
      commands.hsetnx(keys.tags, String(fence), tagOf(bytes));
    }
    if (found.generations.size === 0) commands.hsetnx(keys.tags, NOTHING, '');
    const ttlMs = found.generations.size === 0 ? NOTHING_TTL_MS : found.ttlMs;
    commands.pexpire(keys.blobs, ttlMs, 'NX');
    commands.pexpire(keys.tags, ttlMs, 'NX');
    throwFirst(await commands.exec());
  }

  async drop(inputId: string, hour: number): Promise<void> {
    const keys = hotKeys(inputId, hour);
    await this.#redis.del(keys.blobs, keys.tags);
  }
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const throwFirst = (results: Array<[error: Error | null, result: unknown]> | null): void => {
  const failed = results?.find(([error]) => error !== null);
  if (failed?.[0]) throw failed[0];
};
