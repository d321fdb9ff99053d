import { ticksToMs } from '#timeline';
import { isKnown } from './known-chunk.ts';
import { endMsOf, type ChunkTime, type EpochClock, type TrackCursor, type TrackReach } from './track-cursor.ts';

/** What is known around a track when one of its chunks comes. */
export interface Surroundings {
  readonly gapToleranceMs: number;
  /** End of the newest media of the input's current epoch, ms since 1970. */
  readonly latestEndMs: number | undefined;
  /** The other tracks of that epoch. */
  readonly others: readonly TrackReach[];
  /** Several encoders send the same: what is taken is taken, whoever brings it again. */
  readonly isRedundant: boolean;
}

/**
 * What a chunk is to its track. `in_epoch`: to be stamped with this clock. `new_epoch`: the timebase broke;
 * `keepsAnchor` when only the init changed, so that the wall clock runs on.
 */
export type ChunkPlace =
  | { kind: 'duplicate' }
  | { kind: 'in_epoch'; clock: Pick<EpochClock, 'epoch' | 'anchorEpochMs'> }
  | {
      kind: 'new_epoch';
      cause: string;
      code: 'timestamp_jump' | 'init_changed' | 'epoch_expired';
      keepsAnchor: boolean;
    };

/** How far the start of a track may lie from the rest of its epoch; tracks of one encoder start together. */
const JOIN_TOLERANCE_MS = 30_000;
/** How long after an epoch began a track may still deliver what it had of the one before. */
const STRAGGLER_MS = 5000;
/** Decode times beyond this many seconds (28,000 years) are noise, not media, and their milliseconds fit no header. */
const MAX_DECODE_TIME_SEC = 900_000_000_000n;

/** `tfdt` is unsigned; some encoders write the negative decode time of audio priming into it. */
export const signedDecodeTime = (decodeTimeTicks: bigint): bigint => BigInt.asIntN(64, decodeTimeTicks);

/** Whether a decode time can be put on a wall clock at all. */
export const isPlausibleDecodeTime = (decodeTimeTicks: bigint, timescale: number): boolean => {
  const limit = MAX_DECODE_TIME_SEC * BigInt(timescale);
  return decodeTimeTicks < limit && decodeTimeTicks > -limit;
};

/** The rule of epochs (design decisions 1, 10 and 12; docs/decisions/0020) for one chunk. */
export function placeChunk(
  cursor: TrackCursor | undefined,
  clock: EpochClock,
  chunk: ChunkTime,
  around: Surroundings,
): ChunkPlace {
  if (cursor !== undefined && isKnown(cursor, clock, chunk, around.isRedundant)) return { kind: 'duplicate' };
  if (cursor === undefined || cursor.epoch < clock.epoch) return placeInNewer(cursor, clock, chunk, around);
  if (cursor.initSha256 !== chunk.initSha256) return initChanged(cursor, chunk, around.gapToleranceMs);
  const jump = jumpOf(cursor, chunk, around.gapToleranceMs);
  return jump === undefined || isLossOfThisTrack(cursor, chunk, around)
    ? { kind: 'in_epoch', clock: cursor }
    : timestampJump(jump);
}

/**
 * A track that lost what another track of the epoch has keeps the epoch: a GAP of its own, not a break for everybody.
 * Where the other is only near the end of the loss, the wall clock must have run as far: when an encoder jumps, its first track
 * is alone there and no time has passed.
 */
function isLossOfThisTrack(cursor: TrackCursor, chunk: ChunkTime, { others, gapToleranceMs }: Surroundings): boolean {
  const fromMs = endMsOf(cursor);
  const toMs = cursor.anchorEpochMs + ticksToMs(chunk.decodeTimeTicks, chunk.timescale);
  const hadTime = chunk.arrivalMs - cursor.lastArrivalMs + gapToleranceMs >= toMs - fromMs;
  return others.some(({ endMs, chunkMs }) => {
    // What ends before the middle of the loss went missing together with this track.
    if (toMs <= fromMs || endMs <= (fromMs + toMs) / 2) return false;
    return endMs >= toMs || (hadTime && endMs + chunkMs + gapToleranceMs >= toMs);
  });
}

/** The track has nothing in the current epoch: it joins, unless it still delivers the one before or cannot belong to this one. */
function placeInNewer(
  cursor: TrackCursor | undefined,
  clock: EpochClock,
  chunk: ChunkTime,
  around: Surroundings,
): ChunkPlace {
  if (cursor !== undefined && isStraggler(cursor, clock, chunk, around.gapToleranceMs)) {
    return { kind: 'in_epoch', clock: cursor };
  }
  const startMs = clock.anchorEpochMs + ticksToMs(chunk.decodeTimeTicks, chunk.timescale);
  const latestEndMs = around.latestEndMs ?? chunk.arrivalMs;
  const earliest = Math.min(chunk.arrivalMs, latestEndMs) - JOIN_TOLERANCE_MS;
  const latest = Math.max(chunk.arrivalMs, latestEndMs) + JOIN_TOLERANCE_MS;
  if (startMs >= earliest && startMs <= latest) return { kind: 'in_epoch', clock };
  return {
    kind: 'new_epoch',
    code: 'epoch_expired',
    cause: `decode time ${chunk.decodeTimeTicks} lies ${secondsOf(startMs - chunk.arrivalMs)} from now on the clock of epoch ${clock.epoch}`,
    keepsAnchor: false,
  };
}

/** The tracks of an encoder jump one after another; what a track still had before its jump stays where it continues. */
const isStraggler = (cursor: TrackCursor, clock: EpochClock, chunk: ChunkTime, gapToleranceMs: number): boolean =>
  cursor.epoch === clock.epoch - 1 &&
  cursor.anchorEpochMs !== clock.anchorEpochMs &&
  cursor.initSha256 === chunk.initSha256 &&
  chunk.arrivalMs - clock.seenSinceMs <= STRAGGLER_MS &&
  jumpOf(cursor, chunk, gapToleranceMs) === undefined;

/** How a chunk fails to continue its track, or undefined when it does. An overlap shorter than the last chunk continues. */
function jumpOf(cursor: TrackCursor, chunk: ChunkTime, gapToleranceMs: number): string | undefined {
  const gapMs = ticksToMs(chunk.decodeTimeTicks - cursor.endTicks, chunk.timescale);
  const where = `expected decode time ${cursor.endTicks} after the chunk before, got ${chunk.decodeTimeTicks}`;
  if (gapMs > gapToleranceMs) return `${where}: ${secondsOf(gapMs)} ahead`;
  if (gapMs < 0 && chunk.decodeTimeTicks <= cursor.lastDecodeTimeTicks) return `${where}: ${secondsOf(-gapMs)} back`;
  return undefined;
}

function initChanged(cursor: TrackCursor, chunk: ChunkTime, gapToleranceMs: number): ChunkPlace {
  const continues = cursor.timescale === chunk.timescale && jumpOf(cursor, chunk, gapToleranceMs) === undefined;
  return { kind: 'new_epoch', code: 'init_changed', cause: 'the init segment changed', keepsAnchor: continues };
}

const timestampJump = (cause: string): ChunkPlace => ({
  kind: 'new_epoch',
  code: 'timestamp_jump',
  cause,
  keepsAnchor: false,
});

const secondsOf = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;

/**
 * The wall clock of tick 0 in an epoch that begins with this chunk: it came just now, and never starts before earlier media ended.
 * Whole microseconds, so that headers carry exactly what the row says.
 */
export function anchorFor(chunk: ChunkTime, latestEndMs: number | undefined): number {
  const durationMs = ticksToMs(chunk.durationTicks, chunk.timescale);
  const startMs = Math.max(chunk.arrivalMs - durationMs, latestEndMs ?? -Infinity);
  return Math.round((startMs - ticksToMs(chunk.decodeTimeTicks, chunk.timescale)) * 1000) / 1000;
}
