import type { KV, KvWatchEntry } from '@nats-io/kv';
import { z } from 'zod';
import type { Bucket } from '../contracts/index.ts';
import { KvConflictError } from './bus-errors.ts';

/** A row with the revision to name in the next update. */
export interface KvRow<T> {
  readonly key: string;
  readonly value: T;
  readonly revision: number;
  /** By the clock of the server: comparable with other rows, and with no clock of ours. */
  readonly storedAtMs: number;
}

const notYet = (): void => undefined;

/** `Promise.withResolvers`, which Node has from 22 on. */
function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = notYet;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** A JetStream KV bucket of validated JSON rows. */
export class KvTable<S extends z.ZodType> {
  readonly #bucket: Bucket<S>;
  readonly #kv: KV;

  constructor(bucket: Bucket<S>, kv: KV) {
    this.#bucket = bucket;
    this.#kv = kv;
  }

  async get(key: string): Promise<KvRow<z.output<S>> | undefined> {
    const entry = await this.#kv.get(key);
    if (entry === null || entry.operation !== 'PUT') return undefined;
    const value = this.#bucket.row.parse(entry.json());
    return { key, value, revision: entry.revision, storedAtMs: entry.created.getTime() };
  }

  /** Every row of the bucket, or those whose key matches the filter (NATS wildcards). */
  async list(filter?: string): Promise<Array<KvRow<z.output<S>>>> {
    const keys: string[] = [];
    for await (const key of await this.#kv.keys(filter)) keys.push(key);
    const rows = await Promise.all(keys.map((key) => this.get(key)));
    return rows.filter((row) => row !== undefined);
  }

  /** Writes whatever was there. */
  put(key: string, value: z.output<S>): Promise<number> {
    return this.#kv.put(key, this.#encode(value));
  }

  /** Writes a row that must not exist; throws KvConflictError when it does. */
  create(key: string, value: z.output<S>): Promise<number> {
    return this.#guard(key, () => this.#kv.create(key, this.#encode(value)));
  }

  /** Writes over exactly this revision; throws KvConflictError when another write came first. */
  update(key: string, value: z.output<S>, revision: number): Promise<number> {
    return this.#guard(key, () => this.#kv.update(key, this.#encode(value), revision));
  }

  delete(key: string): Promise<void> {
    return this.#kv.delete(key);
  }

  /** Every present row, then every change; a deleted row has no value. `ready` resolves when the present ones are through. */
  async watch(
    onChange: (key: string, row: KvRow<z.output<S>> | undefined) => void,
  ): Promise<{ ready: Promise<void>; stop(): void }> {
    const present = (await this.#kv.status()).values;
    const entries = await this.#kv.watch();
    const { promise: ready, resolve: markReady } = withResolvers();
    // An empty bucket delivers nothing that could mark the end of the present rows.
    if (present === 0) markReady();
    void this.#pump(entries, onChange, markReady);
    return { ready, stop: () => entries.stop() };
  }

  async #pump(
    entries: AsyncIterable<KvWatchEntry>,
    onChange: (key: string, row: KvRow<z.output<S>> | undefined) => void,
    markReady: () => void,
  ): Promise<void> {
    for await (const entry of entries) {
      onChange(entry.key, this.#rowOf(entry));
      if (entry.delta === 0 || entry.isUpdate) markReady();
    }
  }

  #rowOf(entry: KvWatchEntry): KvRow<z.output<S>> | undefined {
    if (entry.operation !== 'PUT') return undefined;
    const parsed = this.#bucket.row.safeParse(entry.json());
    if (!parsed.success) return undefined;
    return { key: entry.key, value: parsed.data, revision: entry.revision, storedAtMs: entry.created.getTime() };
  }

  #encode(value: z.output<S>): string {
    return JSON.stringify(z.encode(this.#bucket.row, value));
  }

  async #guard<T>(key: string, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      // 10071: wrong last sequence, the server's word for a lost compare-and-set.
      if (/wrong last sequence|10071/.test(String(error))) {
        throw new KvConflictError(`${this.#bucket.name}/${key}: expected the row unchanged, another write came first`, {
          cause: error,
        });
      }
      throw error;
    }
  }
}
