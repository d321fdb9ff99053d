import type { ObjectStore } from '../object-store/index.ts';
import type { Generations } from './generations.ts';
import { indexFolder, indexKey, indexRoot, parseIndexKey } from './index-keys.ts';

/** Hour blobs in S3: the index that survives everything. Errors are those of the store. */
export class DurableHours {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Every generation of one hour; empty when nothing is recorded. */
  async read(inputId: string, hour: number): Promise<Generations> {
    const generations = new Map<number, Uint8Array>();
    for await (const { key } of this.#store.list(`${indexFolder(inputId)}${hour}-`)) {
      const named = parseIndexKey(key);
      const bytes = named === undefined ? undefined : await this.#store.get(key);
      if (named !== undefined && bytes !== undefined) generations.set(named.fence, bytes);
    }
    return generations;
  }

  write(at: { inputId: string; hour: number; fence: number }, bytes: Uint8Array): Promise<void> {
    return this.#store.put(indexKey(at.inputId, at.hour, at.fence), bytes);
  }

  /** Hours that have a blob, ascending. */
  async hours(inputId: string): Promise<number[]> {
    const hours = new Set<number>();
    for await (const { key } of this.#store.list(indexFolder(inputId))) {
      const named = parseIndexKey(key);
      if (named !== undefined) hours.add(named.hour);
    }
    return [...hours].toSorted((a, b) => a - b);
  }

  async drop(inputId: string, hour: number): Promise<void> {
    const keys: string[] = [];
    for await (const { key } of this.#store.list(`${indexFolder(inputId)}${hour}-`)) keys.push(key);
    await this.#store.remove(keys);
  }

  /** Every input that has a blob. */
  async *inputs(): AsyncIterable<string> {
    for await (const folder of this.#store.folders(indexRoot)) yield folder.slice(indexRoot.length, -1);
  }
}
