import { BoxScanner, inspectChunk, type TrackFacts } from '#cmaf';
import type { EpochClock } from '../domain/epoch-clock.ts';
import { SingleFlight } from './single-flight.ts';
import { SizedCache } from './sized-cache.ts';

const MAX_CLOCKS = 10_000;
/** A part that a window lists is no larger than a message of the bus. */
const MAX_BOX_BYTES = 16_777_216;

/** The beginning of a segment: its first part, and what the init segment says of the track. */
export interface SegmentHead {
  readonly bytes: Buffer;
  readonly facts: TrackFacts;
  /** Wall clock of the segment. */
  readonly startEpochMs: number;
}

/** The clock of each track in each epoch, read once from the bytes of any of its segments; bounded. */
export class EpochClocks {
  readonly #clocks = new SizedCache<EpochClock>(MAX_CLOCKS);
  readonly #reads = new SingleFlight<EpochClock | undefined>();

  /** undefined when `read` has nothing. Throws CmafError for bytes that are no chunk. */
  async get(key: string, read: () => Promise<SegmentHead | undefined>): Promise<EpochClock | undefined> {
    return (
      this.#clocks.get(key) ??
      this.#reads.run(key, async () => {
        const head = await read();
        const clock = head === undefined ? undefined : clockFrom(head);
        if (clock !== undefined) this.#clocks.set(key, clock, 1);
        return clock;
      })
    );
  }
}

function clockFrom({ bytes, facts, startEpochMs }: SegmentHead): EpochClock | undefined {
  const moof = new BoxScanner({ maxBoxBytes: MAX_BOX_BYTES }).push(bytes).find(({ type }) => type === 'moof');
  const timing = moof === undefined ? undefined : inspectChunk(moof.bytes, new Map([[facts.trackId, facts]]))[0];
  if (timing === undefined) return undefined;
  return { startEpochMs, decodeTimeTicks: timing.decodeTimeTicks, timescale: facts.timescale };
}
