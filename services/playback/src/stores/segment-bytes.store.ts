import { createHash } from 'node:crypto';
import type { Counter } from 'prom-client';
import { SingleFlight } from './single-flight.ts';
import { SizedCache } from './sized-cache.ts';

/** What a cache counts. */
export interface CacheCounters {
  readonly hits: Counter<string>;
  readonly misses: Counter<string>;
}

/** Whole segments by their SHA-256, bounded in bytes; however many ask for an absent one, it is fetched once. */
export class SegmentBytes {
  readonly #cache: SizedCache<Buffer>;
  readonly #flights = new SingleFlight<Buffer | undefined>();

  constructor(
    private readonly options: {
      limitBytes: number;
      counters: CacheCounters;
      /** Bytes that are not what their hash says. */
      onCorrupt(sha256: string, sizeBytes: number): void;
    },
  ) {
    this.#cache = new SizedCache(options.limitBytes);
  }

  /** The bytes of this hash; undefined when `fetch` has none or brings others. */
  get(sha256: string, fetch: () => Promise<Buffer | undefined>): Buffer | Promise<Buffer | undefined> {
    const kept = this.#cache.get(sha256);
    if (kept !== undefined) {
      this.options.counters.hits.inc();
      return kept;
    }
    this.options.counters.misses.inc();
    return this.#flights.run(sha256, () => this.#fetch(sha256, fetch));
  }

  async #fetch(sha256: string, fetch: () => Promise<Buffer | undefined>): Promise<Buffer | undefined> {
    const bytes = await fetch();
    if (bytes === undefined) return undefined;
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
      this.options.onCorrupt(sha256, bytes.length);
      return undefined;
    }
    this.#cache.set(sha256, bytes, bytes.length);
    return bytes;
  }
}
