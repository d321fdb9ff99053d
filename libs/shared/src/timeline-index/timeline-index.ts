import { encodeHourBlob, hourOf, type SegmentEntry } from '#timeline';
import type { ObjectStore } from '../object-store/index.ts';
import type { RedisConnection } from '../redis/index.ts';
import { BoundedCache } from './bounded-cache.ts';
import { DurableHours } from './durable-hours.ts';
import { blobOf, rowsOf, unite, type Generations, type HourBlob } from './generations.ts';
import { HotHours, type HotState } from './hot-hours.ts';

/** What the index stands on. */
export interface TimelineIndexOptions {
  readonly store: ObjectStore;
  readonly redis: RedisConnection;
  /** Redis is only a copy: its failures are heard here and the durable index answers. */
  readonly onHotError: (error: unknown) => void;
  readonly nowMs?: () => number;
}

const MS_PER_HOUR = 3_600_000;
/** After its end an hour still grows for as long as the archive can lag: MEDIA's age with a margin. */
const SETTLED_AFTER_MS = 20 * 60_000;
const WRITER_TTL_MS = 3 * 60_000;
const READER_TTL_MS = 60_000;
const SETTLED_TTL_MS = MS_PER_HOUR;
const HOURS_LISTED_FOR_MS = 10 * 60_000;
const BLOB_CACHE_BYTES = 64 * 1024 * 1024;
const OWN_CACHE_BYTES = 256 * 1024 * 1024;
const LISTED_INPUTS = 10_000;
/** How old a blob in memory may be while Redis does not answer. */
const UNCHECKED_FOR_MS = 5000;
/** A Redis that failed is left alone for this long: each command to it may cost seconds. */
const HOT_REST_MS = 1000;

interface CachedBlob {
  readonly blob: HourBlob;
  readonly atMs: number;
}

interface Listed {
  readonly hours: Set<number>;
  readonly atMs: number;
}

/**
 * The timeline index of every input: one blob per hour, durable in S3, hot in Redis.
 * One writer per input at a time is the rule; a second one, with another fencing token, harms nothing.
 */
export class TimelineIndex {
  readonly #durable: DurableHours;
  readonly #hot: HotHours;
  readonly #onHotError: (error: unknown) => void;
  readonly #nowMs: () => number;
  readonly #blobs = new BoundedCache<CachedBlob>(BLOB_CACHE_BYTES);
  readonly #own = new BoundedCache<Uint8Array>(OWN_CACHE_BYTES);
  readonly #listed = new BoundedCache<Listed>(LISTED_INPUTS);
  #hotRestsUntilMs = 0;
  readonly #reading = new Map<string, Promise<HourBlob | undefined>>();

  constructor(options: TimelineIndexOptions) {
    this.#durable = new DurableHours(options.store);
    this.#hot = new HotHours(options.redis);
    this.#onHotError = options.onHotError;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** Adds rows under the writer's fencing token; durable when it resolves. Rows that are there already stay as they are. */
  async append(inputId: string, fence: number, rows: readonly SegmentEntry[]): Promise<void> {
    for (const [hour, added] of byHour(rows)) {
      const at = { inputId, hour, fence };
      const ownKey = `${inputId}/${hour}/${fence}`;
      const own = this.#own.get(ownKey);
      const before = own === undefined ? await this.#durable.read(inputId, hour) : new Map([[fence, own]]);
      const bytes = encodeHourBlob(unite([...rowsOf(before), ...added]));
      await this.#durable.write(at, bytes);
      this.#own.set(ownKey, bytes, bytes.byteLength);
      this.#listed.get(inputId)?.hours.add(hour);
      await this.#hotly(() => this.#hot.write(at, bytes, WRITER_TTL_MS));
    }
  }

  /** One hour as it is answered; undefined when nothing is recorded in it. */
  async hour(inputId: string, hour: number): Promise<HourBlob | undefined> {
    const key = `${inputId}/${hour}`;
    const cached = this.#blobs.get(key);
    const hot = await this.#hotly(() => this.#hot.state(inputId, hour));
    if (hot?.kind === 'empty') return undefined;
    if (cached !== undefined && this.#isCurrent(cached, hot)) return cached.blob;
    return this.#readOnce(key, () => this.#read(inputId, hour, hot));
  }

  /** The rows of one hour from the durable index alone. */
  async durableRows(inputId: string, hour: number): Promise<SegmentEntry[]> {
    return rowsOf(await this.#durable.read(inputId, hour));
  }

  /** Hours that the durable index holds, ascending. */
  durableHours(inputId: string): Promise<number[]> {
    return this.#durable.hours(inputId);
  }

  /** Hours that have anything, ascending. Cheap: the listing is remembered, only the hours that can still begin are looked up. */
  async hours(inputId: string): Promise<number[]> {
    const nowMs = this.#nowMs();
    const hours = new Set((await this.#listing(inputId, nowMs)).hours);
    const current = hourOf(nowMs);
    for (const hour of [current - 1, current]) {
      if (!hours.has(hour) && (await this.hour(inputId, hour)) !== undefined) hours.add(hour);
    }
    return [...hours].toSorted((a, b) => a - b);
  }

  /** Forgets an hour; the objects it names are the caller's to remove, later. */
  async drop(inputId: string, hour: number): Promise<void> {
    await this.#durable.drop(inputId, hour);
    this.#blobs.delete(`${inputId}/${hour}`);
    this.#listed.get(inputId)?.hours.delete(hour);
    await this.#hotly(() => this.#hot.drop(inputId, hour));
  }

  /** Every input that has an index. */
  inputs(): AsyncIterable<string> {
    return this.#durable.inputs();
  }

  #isCurrent(cached: CachedBlob, hot: HotState | undefined): boolean {
    if (hot?.kind === 'tagged') return hot.tag === cached.blob.tag;
    return hot === undefined && this.#nowMs() - cached.atMs < UNCHECKED_FOR_MS;
  }

  async #read(inputId: string, hour: number, hot: HotState | undefined): Promise<HourBlob | undefined> {
    const copied = hot?.kind === 'tagged' ? await this.#hotly(() => this.#hot.read(inputId, hour)) : undefined;
    const generations = copied === undefined || copied.size === 0 ? await this.#refill(inputId, hour) : copied;
    const blob = blobOf(generations);
    if (blob !== undefined) this.#blobs.set(`${inputId}/${hour}`, { blob, atMs: this.#nowMs() }, blob.bytes.byteLength);
    return blob;
  }

  async #refill(inputId: string, hour: number): Promise<Generations> {
    const generations = await this.#durable.read(inputId, hour);
    const isSettled = (hour + 1) * MS_PER_HOUR + SETTLED_AFTER_MS < this.#nowMs();
    const ttlMs = isSettled ? SETTLED_TTL_MS : READER_TTL_MS;
    await this.#hotly(() => this.#hot.fill(inputId, hour, { generations, ttlMs }));
    return generations;
  }

  /** The answer of Redis, or undefined when it does not give one. */
  async #hotly<T>(ask: () => Promise<T>): Promise<T | undefined> {
    if (this.#nowMs() < this.#hotRestsUntilMs) return undefined;
    try {
      return await ask();
    } catch (error) {
      this.#hotRestsUntilMs = this.#nowMs() + HOT_REST_MS;
      this.#onHotError(error);
      return undefined;
    }
  }

  #readOnce(key: string, read: () => Promise<HourBlob | undefined>): Promise<HourBlob | undefined> {
    const running = this.#reading.get(key);
    if (running !== undefined) return running;
    const started = read().finally(() => this.#reading.delete(key));
    this.#reading.set(key, started);
    return started;
  }

  async #listing(inputId: string, nowMs: number): Promise<Listed> {
    const known = this.#listed.get(inputId);
    if (known !== undefined && nowMs - known.atMs < HOURS_LISTED_FOR_MS) return known;
    const listed: Listed = { hours: new Set(await this.#durable.hours(inputId)), atMs: nowMs };
    this.#listed.set(inputId, listed, 1);
    return listed;
  }
}

function byHour(rows: readonly SegmentEntry[]): Map<number, SegmentEntry[]> {
  const hours = new Map<number, SegmentEntry[]>();
  for (const row of rows) {
    const hour = hourOf(row.startEpochMs);
    const known = hours.get(hour);
    if (known === undefined) hours.set(hour, [row]);
    else known.push(row);
  }
  return hours;
}
