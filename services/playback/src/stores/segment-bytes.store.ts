import { createHash } from 'node:crypto';
import type { Counter } from 'prom-client';
import { SingleFlight } from './single-flight.ts';
import { SizedCache } from './sized-cache.ts';

/** What a cache counts. */
export interface CacheCounters {
  readonly hits: Counter<string>;
  readonly misses: Counter<string>;
}

/** Something whose bytes are known by their hash. */
export interface Hashed {
  readonly sha256: string;
}

/** A Redis reply may be a view on a read buffer many times its size, which it would keep alive. */
const WORTH_COPYING = 1.1;

/** Parts of live segments and whole recorded segments by their SHA-256, bounded in bytes; however many ask for an absent one, it is fetched once. */
export class SegmentBytes {
  readonly #cache: SizedCache<Buffer>;
  readonly #flights = new SingleFlight<Buffer | undefined>();
  readonly #seriesFlights = new SingleFlight<readonly Buffer[] | undefined>();

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
    return this.#flights.run(sha256, async () => this.#verified(sha256, await fetch()));
  }

  /** The bytes of every item, in order, of which `fetch` brings those that are not in memory, at once; undefined when any is missing. `key` names the series. */
  series<H extends Hashed>(
    key: string,
    items: readonly H[],
    fetch: (missing: readonly H[]) => Promise<ReadonlyArray<Buffer | undefined>>,
  ): readonly Buffer[] | Promise<readonly Buffer[] | undefined> {
    const kept = items.map(({ sha256 }) => this.#cache.get(sha256));
    const present = kept.filter((bytes) => bytes !== undefined);
    if (present.length === items.length) {
      this.options.counters.hits.inc();
      return present;
    }
    this.options.counters.misses.inc();
    return this.#seriesFlights.run(key, async () => {
      const missing = items.filter((_, index) => kept[index] === undefined);
      const fetched = await fetch(missing);
      const verified = new Map(missing.map(({ sha256 }, index) => [sha256, this.#verified(sha256, fetched[index])]));
      const all = items.map(({ sha256 }, index) => kept[index] ?? verified.get(sha256));
      const found = all.filter((bytes) => bytes !== undefined);
      return found.length === items.length ? found : undefined;
    });
  }

  #verified(sha256: string, fetched: Buffer | undefined): Buffer | undefined {
    if (fetched === undefined) return undefined;
    if (createHash('sha256').update(fetched).digest('hex') !== sha256) {
      this.options.onCorrupt(sha256, fetched.length);
      return undefined;
    }
    const bytes = fetched.buffer.byteLength > fetched.length * WORTH_COPYING ? exactCopy(fetched) : fetched;
    this.#cache.set(sha256, bytes, bytes.length);
    return bytes;
  }
}

function exactCopy(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
