import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeliverPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import { backendsFromEnvironment } from '#shared/testing';
import type { Origin } from './origin.ts';

/** Where a text was found; nothing it stands in is left out: streams and buckets with subjects and headers, Redis, logs. */
export async function placesOf(texts: readonly string[], origin: Origin, since: Date): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>(texts.map((text) => [text, []]));
  const look = (where: string, content: string): void => {
    for (const text of texts) if (content.includes(text)) found.get(text)?.push(where);
  };
  await Promise.all([lookInStreams(look, since), lookInRedis(look), lookInLogs(look, origin)]);
  return found;
}

type Look = (where: string, content: string) => void;

/** KV buckets are streams too. */
async function lookInStreams(look: Look, since: Date): Promise<void> {
  const connection = await connect({ servers: backendsFromEnvironment().NATS_URL });
  try {
    const manager = await jetstreamManager(connection);
    for await (const { config } of manager.streams.list()) {
      if (config.retention === 'workqueue') await lookInQueue(manager, config.name, look);
      else await lookInStream(connection, config.name, { look, since });
    }
  } finally {
    await connection.close();
  }
}

async function lookInStream(connection: NatsConnection, name: string, at: { look: Look; since: Date }): Promise<void> {
  const consumer = await jetstream(connection).consumers.get(name, {
    deliver_policy: DeliverPolicy.StartTime,
    opt_start_time: at.since.toISOString(),
  });
  let pending = (await consumer.info()).num_pending;
  while (pending > 0) {
    for await (const message of await consumer.fetch({ max_messages: Math.min(pending, 200), expires: 2000 })) {
      lookInMessage(at.look, `${name} ${message.subject}`, { data: message.data, header: message.headers });
      pending = message.info.pending;
    }
  }
}

/** A work queue has room for its own consumers only; its messages are read by number. */
async function lookInQueue(manager: JetStreamManager, name: string, look: Look): Promise<void> {
  const { state } = await manager.streams.info(name);
  if (state.messages === 0) return;
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
    const message = await manager.streams.getMessage(name, { seq });
    if (message !== null) lookInMessage(look, `${name} ${message.subject}`, message);
  }
}

function lookInMessage(
  look: Look,
  where: string,
  { data, header }: { data: Uint8Array; header?: MsgHdrs | undefined },
): void {
  look(where, where);
  look(where, Buffer.from(data).toString('latin1'));
  for (const key of header?.keys() ?? []) look(`${where} headers`, header?.values(key).join() ?? '');
}

async function lookInRedis(look: Look): Promise<void> {
  const redis = new Redis(backendsFromEnvironment().REDIS_URL, { lazyConnect: true });
  await redis.connect();
  try {
    for await (const keys of redis.scanStream({ count: 500 }) as AsyncIterable<string[]>) {
      for (const key of keys) look(`redis ${key}`, `${key} ${await contentOf(redis, key)}`);
    }
  } finally {
    redis.disconnect();
  }
}

async function contentOf(redis: Redis, key: string): Promise<string> {
  const type = await redis.type(key);
  if (type === 'hash') return JSON.stringify(await redis.hgetall(key));
  if (type === 'zset') return JSON.stringify(await redis.zrange(key, '0', '-1'));
  if (type === 'list') return JSON.stringify(await redis.lrange(key, 0, -1));
  if (type === 'set') return JSON.stringify(await redis.smembers(key));
  return (await redis.getBuffer(key))?.toString('latin1') ?? '';
}

async function lookInLogs(look: Look, origin: Origin): Promise<void> {
  const folder = join(origin.runDir, 'log');
  for (const file of await readdir(folder)) look(`log ${file}`, await readFile(join(folder, file), 'utf8'));
}
