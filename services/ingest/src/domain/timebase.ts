import { ticksToMs } from '#timeline';

/** The media timebase of an input at one moment: the row of the bucket `publishers`, and when this process saw it begin. */
export interface EpochClock {
  readonly epoch: number;
  /** Wall clock of tick 0, ms since 1970. */
  readonly anchorEpochMs: number;
  /** When this process learned of the epoch, ms since 1970. */
  readonly seenSinceMs: number;
}

/** What is remembered of a track: where its media ended and what came last. */
export interface TrackCursor {
  readonly epoch: number;
  readonly anchorEpochMs: number;
  readonly timescale: number;
  readonly initSha256: string;
  /** Decode time of the newest chunk. */
  readonly lastDecodeTimeTicks: bigint;
  /** End of the newest chunk, on its own epoch's timebase. */
  readonly endTicks: bigint;
  /** Newest last; {@link RECENT_CHUNKS} at most; emptied when the encoder ended the stream, since what follows is no resend. */
  readonly recent: readonly RecentChunk[];
}

/** What tells a resent chunk from a new one. */
export interface RecentChunk {
  readonly decodeTimeTicks: bigint;
  readonly sha256: string;
}

/** One chunk of one track, as far as time is concerned. */
export interface ChunkTime {
  readonly decodeTimeTicks: bigint;
  readonly durationTicks: bigint;
  readonly timescale: number;
  readonly sha256: string;
  readonly initSha256: string;
  /** Wall clock at which its last byte came, ms since 1970. */
  readonly arrivalMs: number;
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

/** How many chunks back a resend is recognised. */
export const RECENT_CHUNKS = 64;
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

/** The rule of epochs (design decisions 1 and 12) for one chunk. `latestEndMs`: end of the newest media of the input's current epoch. */
export function placeChunk(
  cursor: TrackCursor | undefined,
  clock: EpochClock,
  chunk: ChunkTime,
  options: { gapToleranceMs: number; latestEndMs: number | undefined },
): ChunkPlace {
  if (cursor !== undefined && isResend(cursor, clock, chunk)) return { kind: 'duplicate' };
  if (cursor === undefined || cursor.epoch < clock.epoch) return placeInNewer(cursor, clock, chunk, options);
  if (cursor.initSha256 !== chunk.initSha256) return initChanged(cursor, chunk, options.gapToleranceMs);
  const jump = jumpOf(cursor, chunk, options.gapToleranceMs);
  return jump === undefined ? { kind: 'in_epoch', clock: cursor } : timestampJump(jump);
}

/** Only on the timeline it came on: a restarted encoder makes the same silence at the same times, and that is new media. */
const isResend = (cursor: TrackCursor, clock: EpochClock, chunk: ChunkTime): boolean =>
  cursor.anchorEpochMs === clock.anchorEpochMs &&
  cursor.initSha256 === chunk.initSha256 &&
  cursor.recent.some((one) => one.decodeTimeTicks === chunk.decodeTimeTicks && one.sha256 === chunk.sha256);

/** The track has nothing in the current epoch: it joins, unless it still delivers the one before or cannot belong to this one. */
function placeInNewer(
  cursor: TrackCursor | undefined,
  clock: EpochClock,
  chunk: ChunkTime,
  options: { gapToleranceMs: number; latestEndMs: number | undefined },
): ChunkPlace {
  if (cursor !== undefined && isStraggler(cursor, clock, chunk, options.gapToleranceMs)) {
    return { kind: 'in_epoch', clock: cursor };
  }
  const startMs = clock.anchorEpochMs + ticksToMs(chunk.decodeTimeTicks, chunk.timescale);
  const latestEndMs = options.latestEndMs ?? chunk.arrivalMs;
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

/** The cursor after a chunk was stamped with this clock. */
export function advanceCursor(
  cursor: TrackCursor | undefined,
  clock: Pick<EpochClock, 'epoch' | 'anchorEpochMs'>,
  chunk: ChunkTime,
): TrackCursor {
  const { decodeTimeTicks, sha256 } = chunk;
  // What lies at or after the newest chunk is of a timeline that the track has left.
  const passed = (cursor?.recent ?? []).filter((one) => one.decodeTimeTicks < decodeTimeTicks);
  return {
    epoch: clock.epoch,
    anchorEpochMs: clock.anchorEpochMs,
    timescale: chunk.timescale,
    initSha256: chunk.initSha256,
    lastDecodeTimeTicks: decodeTimeTicks,
    endTicks: decodeTimeTicks + chunk.durationTicks,
    recent: [...passed, { decodeTimeTicks, sha256 }].slice(-RECENT_CHUNKS),
  };
}

/**
 * The wall clock of tick 0 in an epoch that begins with this chunk: it came just now, and never starts before earlier media ended.
 * Whole microseconds, so that headers carry exactly what the row says.
 */
export function anchorFor(chunk: ChunkTime, latestEndMs: number | undefined): number {
  const durationMs = ticksToMs(chunk.durationTicks, chunk.timescale);
  const startMs = Math.max(chunk.arrivalMs - durationMs, latestEndMs ?? -Infinity);
  return Math.round((startMs - ticksToMs(chunk.decodeTimeTicks, chunk.timescale)) * 1000) / 1000;
}

/** Wall clock at which the media of a track ends so far. */
export const endMsOf = (cursor: Pick<TrackCursor, 'anchorEpochMs' | 'endTicks' | 'timescale'>): number =>
  cursor.anchorEpochMs + ticksToMs(cursor.endTicks, cursor.timescale);
