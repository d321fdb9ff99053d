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
  /** Decode time of the oldest chunk of the epoch that is known. */
  readonly firstDecodeTimeTicks: bigint;
  /** Decode time of the newest chunk. */
  readonly lastDecodeTimeTicks: bigint;
  /** End of the newest chunk, on its own epoch's timebase. */
  readonly endTicks: bigint;
  /** When the newest chunk came, ms since 1970. */
  readonly lastArrivalMs: number;
  /** Newest last; {@link RECENT_CHUNKS} at most; emptied when the encoder ended the stream, since what follows is no resend. */
  readonly recent: readonly RecentChunk[];
}

/** What tells a resent chunk from a new one. */
export interface RecentChunk {
  readonly decodeTimeTicks: bigint;
  readonly sha256: string;
  readonly source: ChunkSource;
}

/** Where a chunk came from. An encoder that starts, starts again or resends, sends its init segment before. */
export interface ChunkSource {
  readonly sessionId: string;
  /** Tells the init segments that were received apart, of equal bytes too; empty when that is not known. */
  readonly initReceipt: string;
}

/** How far another track of the same epoch has come. */
export interface TrackReach {
  readonly endMs: number;
  /** Duration of its newest chunk: by so much it may lie behind without being late. */
  readonly chunkMs: number;
}

/** The same of a track by its id, in the epoch of its newest chunk. */
export interface StoredReach extends TrackReach {
  readonly trackId: number;
  readonly epoch: number;
}

/** One chunk of one track, as far as time is concerned. */
export interface ChunkTime {
  readonly decodeTimeTicks: bigint;
  readonly durationTicks: bigint;
  readonly timescale: number;
  readonly sha256: string;
  readonly initSha256: string;
  readonly source: ChunkSource;
  /** Wall clock at which its last byte came, ms since 1970. */
  readonly arrivalMs: number;
}

/** How many chunks back a resend is recognised. */
export const RECENT_CHUNKS = 64;

/** The cursor after a chunk was stamped with this clock. */
export function advanceCursor(
  cursor: TrackCursor | undefined,
  clock: Pick<EpochClock, 'epoch' | 'anchorEpochMs'>,
  chunk: ChunkTime,
): TrackCursor {
  const { decodeTimeTicks, sha256, source } = chunk;
  // What lies at or after the newest chunk is of a timeline that the track has left.
  const passed = (cursor?.recent ?? []).filter((one) => one.decodeTimeTicks < decodeTimeTicks);
  return {
    epoch: clock.epoch,
    anchorEpochMs: clock.anchorEpochMs,
    timescale: chunk.timescale,
    initSha256: chunk.initSha256,
    firstDecodeTimeTicks: cursor?.anchorEpochMs === clock.anchorEpochMs ? cursor.firstDecodeTimeTicks : decodeTimeTicks,
    lastDecodeTimeTicks: decodeTimeTicks,
    endTicks: decodeTimeTicks + chunk.durationTicks,
    lastArrivalMs: chunk.arrivalMs,
    recent: [...passed, { decodeTimeTicks, sha256, source }].slice(-RECENT_CHUNKS),
  };
}

/** Wall clock at which the media of a track ends so far. */
export const endMsOf = (cursor: Pick<TrackCursor, 'anchorEpochMs' | 'endTicks' | 'timescale'>): number =>
  cursor.anchorEpochMs + ticksToMs(cursor.endTicks, cursor.timescale);

/** How far a track has come in its epoch. */
export const reachOf = (cursor: TrackCursor): TrackReach => ({
  endMs: endMsOf(cursor),
  chunkMs: ticksToMs(cursor.endTicks - cursor.lastDecodeTimeTicks, cursor.timescale),
});
