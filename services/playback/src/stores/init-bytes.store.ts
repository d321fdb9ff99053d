import { readInit, type TrackFacts } from '#cmaf';
import type { Clock, InitSegments } from '../ports.ts';
import { SingleFlight } from './single-flight.ts';
import { SizedCache } from './sized-cache.ts';

const LIMIT_BYTES = 16_777_216;
const MAX_FACTS = 10_000;
const MAX_COMPLETED = 10_000;
/** How long a list of hashes stands: unknown digits cost one listing per input in that time, however many are tried. */
const LISTING_KEPT_MS = 1000;
const MAX_LISTINGS = 1000;

interface Listing {
  readonly hashes: readonly string[];
  readonly readAtMs: number;
}

/** Init segments and what they say of their track, by content; bounded in bytes. */
export class InitBytes {
  readonly #bytes = new SizedCache<Buffer>(LIMIT_BYTES);
  readonly #facts = new SizedCache<TrackFacts>(MAX_FACTS);
  readonly #completed = new SizedCache<string>(MAX_COMPLETED);
  readonly #listings = new SizedCache<Listing>(MAX_LISTINGS);
  readonly #fetches = new SingleFlight<Buffer | undefined>();
  readonly #reads = new SingleFlight<readonly string[]>();

  constructor(
    private readonly source: InitSegments,
    private readonly clock: Clock,
  ) {}

  /** undefined when neither the bus nor the archive has it. */
  async get(inputId: string, initSha256: string): Promise<Buffer | undefined> {
    const key = `${inputId}.${initSha256}`;
    return this.#bytes.get(key) ?? this.#fetches.run(key, () => this.#fetch(inputId, initSha256, key));
  }

  /** The whole hash behind the digits that a URL carries; undefined when none or several begin so. */
  async complete(inputId: string, hashPrefix: string): Promise<string | undefined> {
    const key = `${inputId}.${hashPrefix}`;
    const kept = this.#completed.get(key);
    if (kept !== undefined) return kept;
    const onBus = await this.#hashes(`bus.${inputId}`, () => this.source.hashesOnBus(inputId));
    const found =
      soleMatch(onBus, hashPrefix) ??
      soleMatch(await this.#hashes(`archive.${inputId}`, () => this.source.hashesInArchive(inputId)), hashPrefix);
    if (found !== undefined) this.#completed.set(key, found, 1);
    return found;
  }

  /** The facts of the track that the init segment describes. */
  async factsOf(inputId: string, initSha256: string): Promise<TrackFacts | undefined> {
    const kept = this.#facts.get(initSha256);
    if (kept !== undefined) return kept;
    const bytes = await this.get(inputId, initSha256);
    const facts = bytes === undefined ? undefined : readInit(bytes).tracks[0];
    if (facts !== undefined) this.#facts.set(initSha256, facts, 1);
    return facts;
  }

  async #fetch(inputId: string, initSha256: string, key: string): Promise<Buffer | undefined> {
    const bytes = await this.source.get(inputId, initSha256);
    if (bytes !== undefined) this.#bytes.set(key, bytes, bytes.length);
    return bytes;
  }

  async #hashes(key: string, read: () => Promise<string[]>): Promise<readonly string[]> {
    const kept = this.#listings.get(key);
    if (kept !== undefined && this.clock.nowMs() - kept.readAtMs < LISTING_KEPT_MS) return kept.hashes;
    return this.#reads.run(key, async () => {
      const hashes = await read();
      this.#listings.set(key, { hashes, readAtMs: this.clock.nowMs() }, 1);
      return hashes;
    });
  }
}

function soleMatch(hashes: readonly string[], prefix: string): string | undefined {
  const found = hashes.filter((hash) => hash.startsWith(prefix));
  return found.length === 1 ? found[0] : undefined;
}
