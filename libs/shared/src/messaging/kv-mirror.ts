import type { z } from 'zod';
import type { KvRow, KvTable } from './kv-table.ts';

/** A whole bucket in memory, kept fresh by a watch: reads cost nothing and a change arrives in milliseconds. */
export class KvMirror<S extends z.ZodType> {
  readonly #rows = new Map<string, KvRow<z.output<S>>>();
  readonly #listeners = new Set<(key: string, value: z.output<S> | undefined) => void>();
  #stop: () => void = () => undefined;

  /** Resolves once every present row is in memory. */
  async start(table: KvTable<S>): Promise<void> {
    const watch = await table.watch((key, row) => {
      if (row === undefined) this.#rows.delete(key);
      else this.#rows.set(key, row);
      for (const listener of this.#listeners) listener(key, row?.value);
    });
    this.#stop = () => watch.stop();
    await watch.ready;
  }

  get(key: string): z.output<S> | undefined {
    return this.#rows.get(key)?.value;
  }

  values(): Array<z.output<S>> {
    return [...this.#rows.values()].map((row) => row.value);
  }

  find(predicate: (value: z.output<S>) => boolean): z.output<S> | undefined {
    for (const row of this.#rows.values()) if (predicate(row.value)) return row.value;
    return undefined;
  }

  /** Calls back on each change after now; the returned function unsubscribes. */
  onChange(listener: (key: string, value: z.output<S> | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): void {
    this.#stop();
  }
}
