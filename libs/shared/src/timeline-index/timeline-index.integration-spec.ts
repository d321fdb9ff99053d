import { randomBytes } from 'node:crypto';
import { decodeHourBlob, hourOf, type SegmentEntry } from '#timeline';
import { MinioObjectStore } from '../object-store/index.ts';
import { connectRedis, type RedisConnection } from '../redis/index.ts';
import { backendsFromEnvironment } from '../testing/index.ts';
import { hotKeys } from './index-keys.ts';
import { TimelineIndex } from './index.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = 490_000 * HOUR_MS + 30 * 60_000;
const NOW_HOUR = 490_000;
const backends = backendsFromEnvironment();
const store = new MinioObjectStore(backends);
let redis: RedisConnection;

const newIndex = (connection = redis, nowMs = () => NOW_MS): TimelineIndex =>
  new TimelineIndex({ store, redis: connection, onHotError: () => undefined, nowMs });

const newInputId = (): string => `li_${randomBytes(8).toString('hex')}`;

const row = (mediaSequence: number, options: Partial<SegmentEntry> = {}): SegmentEntry => ({
  trackId: 1,
  epoch: 0,
  mediaSequence,
  startEpochMs: NOW_HOUR * HOUR_MS + mediaSequence * 2000,
  durationMs: 2000,
  discontinuitySequence: 0,
  initSha256: 'ab'.repeat(32),
  sizeBytes: 10,
  sha256: 'cd'.repeat(32),
  objectKey: 'media/one',
  offsetBytes: mediaSequence * 10,
  ...options,
});

const answered = async (index: TimelineIndex, inputId: string, hour = NOW_HOUR): Promise<number[] | undefined> => {
  const blob = await index.hour(inputId, hour);
  return blob === undefined ? undefined : decodeHourBlob(blob.bytes).map((entry) => entry.mediaSequence);
};

beforeAll(async () => {
  await store.ensureBucket();
  redis = connectRedis(backends.REDIS_URL, () => undefined);
});
afterAll(() => redis.disconnect());

describe('TimelineIndex', () => {
  it('answers what was appended, to the writer and to another process, with one tag', async () => {
    const inputId = newInputId();
    const writer = newIndex();
    await writer.append(inputId, 5, [row(0), row(1)]);
    const first = await writer.hour(inputId, NOW_HOUR);
    await writer.append(inputId, 5, [row(2)]);
    const second = await writer.hour(inputId, NOW_HOUR);
    const reader = await newIndex().hour(inputId, NOW_HOUR);
    expect(await answered(newIndex(), inputId)).toEqual([0, 1, 2]);
    expect(second?.tag).not.toBe(first?.tag);
    expect(reader?.tag).toBe(second?.tag);
  });

  it('tells a reader of every append at once, though it holds the hour in memory', async () => {
    const inputId = newInputId();
    const [writer, reader] = [newIndex(), newIndex()];
    for (let round = 0; round < 4; round += 1) {
      await writer.append(inputId, 5, [row(round)]);
      expect(await answered(reader, inputId)).toHaveLength(round + 1);
    }
  });

  it('puts each row into the hour of its start', async () => {
    const inputId = newInputId();
    const index = newIndex();
    await index.append(inputId, 5, [row(0, { startEpochMs: NOW_HOUR * HOUR_MS - 0.001 }), row(1)]);
    expect(await answered(index, inputId, NOW_HOUR - 1)).toEqual([0]);
    expect(await answered(index, inputId, NOW_HOUR)).toEqual([1]);
    expect(await index.hours(inputId)).toEqual([NOW_HOUR - 1, NOW_HOUR]);
  });

  it('keeps what an earlier process wrote', async () => {
    const inputId = newInputId();
    await newIndex().append(inputId, 5, [row(0)]);
    await redis.del(...Object.values(hotKeys(inputId, NOW_HOUR)));
    await newIndex().append(inputId, 6, [row(1)]);
    expect(await answered(newIndex(), inputId)).toEqual([0, 1]);
  });

  it('loses nothing to a paused writer that writes after its successor', async () => {
    const inputId = newInputId();
    const [paused, successor] = [newIndex(), newIndex()];
    await paused.append(inputId, 5, [row(0)]);
    await successor.append(inputId, 6, [row(1)]);
    await successor.append(inputId, 6, [row(2)]);
    await paused.append(inputId, 5, [row(1, { objectKey: 'media/paused' })]);
    expect(await answered(newIndex(), inputId)).toEqual([0, 1, 2]);
    await redis.del(...Object.values(hotKeys(inputId, NOW_HOUR)));
    expect(await answered(newIndex(), inputId)).toEqual([0, 1, 2]);
    const rows = await newIndex().durableRows(inputId, NOW_HOUR);
    expect(rows.map((entry) => entry.objectKey)).toEqual(['media/one', 'media/one', 'media/one']);
  });

  it('is answered from the store after Redis lost it, and is hot again then', async () => {
    const inputId = newInputId();
    await newIndex().append(inputId, 5, [row(0), row(1)]);
    await redis.del(...Object.values(hotKeys(inputId, NOW_HOUR)));
    expect(await answered(newIndex(), inputId)).toEqual([0, 1]);
    expect(await redis.exists(hotKeys(inputId, NOW_HOUR).blobs)).toBe(1);
    for (const key of Object.values(hotKeys(inputId, NOW_HOUR))) expect(await redis.pttl(key)).toBeGreaterThan(0);
  });

  it('remembers for seconds that an hour is empty, and forgets it with the first append', async () => {
    const inputId = newInputId();
    const reader = newIndex();
    expect(await answered(reader, inputId)).toBeUndefined();
    expect(await redis.pttl(hotKeys(inputId, NOW_HOUR).tags)).toBeGreaterThan(0);
    await newIndex().append(inputId, 5, [row(0)]);
    expect(await answered(reader, inputId)).toEqual([0]);
  });

  it('lists the hour that began after the listing was made', async () => {
    const inputId = newInputId();
    let nowMs = NOW_MS;
    const reader = newIndex(redis, () => nowMs);
    const writer = newIndex();
    await writer.append(inputId, 5, [row(0)]);
    expect(await reader.hours(inputId)).toEqual([NOW_HOUR]);
    nowMs += HOUR_MS;
    await writer.append(inputId, 5, [row(1, { startEpochMs: nowMs })]);
    expect(hourOf(nowMs)).toBe(NOW_HOUR + 1);
    expect(await reader.hours(inputId)).toEqual([NOW_HOUR, NOW_HOUR + 1]);
  });

  it('forgets a dropped hour everywhere', async () => {
    const inputId = newInputId();
    const index = newIndex();
    await index.append(inputId, 5, [row(0)]);
    await index.hour(inputId, NOW_HOUR);
    await index.drop(inputId, NOW_HOUR);
    expect(await answered(index, inputId)).toBeUndefined();
    expect(await answered(newIndex(), inputId)).toBeUndefined();
    expect(await index.hours(inputId)).toEqual([]);
    expect(await index.durableHours(inputId)).toEqual([]);
  });

  it('appends and answers while Redis is away, without waiting for it each time', async () => {
    const inputId = newInputId();
    const nowhere = connectRedis('redis://127.0.0.1:1', () => undefined);
    const index = newIndex(nowhere);
    await index.append(inputId, 5, [row(0)]);
    expect(await answered(index, inputId)).toEqual([0]);
    const startedAtMs = performance.now();
    for (let round = 0; round < 50; round += 1) await answered(index, inputId);
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
    nowhere.disconnect();
  });

  it('reads the store once for a hundred requests at once', async () => {
    const inputId = newInputId();
    await newIndex().append(inputId, 5, [row(0)]);
    await redis.del(...Object.values(hotKeys(inputId, NOW_HOUR)));
    const counting = new MinioObjectStore(backends);
    let lists = 0;
    const list = counting.list.bind(counting);
    counting.list = (prefix) => {
      lists += 1;
      return list(prefix);
    };
    const index = new TimelineIndex({ store: counting, redis, onHotError: () => undefined, nowMs: () => NOW_MS });
    await Promise.all(Array.from({ length: 100 }, () => index.hour(inputId, NOW_HOUR)));
    expect(lists).toBe(1);
  });

  it('needs at most 20 bytes and the hash per segment of three tracks in minute objects', async () => {
    const inputId = newInputId();
    const index = newIndex();
    const keyOf = (minute: number): string =>
      `media/${inputId}/2026/11/21/07/${1_795_247_910_000 + minute}-1795247000000-123456.hwar`;
    const rows = [1, 2, 3].flatMap((trackId) =>
      Array.from({ length: 1800 }, (_, n) => row(n, { trackId, objectKey: keyOf(Math.floor(n / 30)) })),
    );
    await index.append(inputId, 5, rows);
    const blob = await index.hour(inputId, NOW_HOUR);
    expect((blob?.bytes.byteLength ?? Infinity) / rows.length).toBeLessThanOrEqual(20 + 32);
  });
});
