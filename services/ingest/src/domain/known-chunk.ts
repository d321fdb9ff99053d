import { ticksToMs } from '#timeline';
import type { ChunkTime, EpochClock, RecentChunk, TrackCursor } from './track-cursor.ts';

/** How far behind the first encoder another one of a redundant input may be. */
const REDUNDANT_REACH_MS = 10_000;
/** Encoders that cut alike differ by no more than the rounding of their times. */
const REDUNDANT_JITTER_MS = 50;
/** A resend after a cut reaches back a segment; one that reaches back further, to the very beginning, is a restart. */
const RESTART_REACH_MS = 6000;

/**
 * Whether a chunk brings nothing new: a resend, or of a redundant input what another encoder brought before.
 * Only on the timeline it came on: a restarted encoder makes the same silence at the same times, and that is new media.
 */
export function isKnown(cursor: TrackCursor, clock: EpochClock, chunk: ChunkTime, isRedundant: boolean): boolean {
  if (cursor.anchorEpochMs !== clock.anchorEpochMs || cursor.initSha256 !== chunk.initSha256) return false;
  return isRedundant ? isTaken(cursor, chunk) : isResend(cursor, chunk);
}

function isResend(cursor: TrackCursor, chunk: ChunkTime): boolean {
  const same = ({ decodeTimeTicks, sha256 }: RecentChunk): boolean =>
    decodeTimeTicks === chunk.decodeTimeTicks && sha256 === chunk.sha256;
  const known = cursor.recent.find(same);
  return known !== undefined && !isRestart(cursor, known, chunk);
}

/** The same bytes from the very beginning of the timeline, after a new start of the encoder and long after they came first. */
function isRestart(cursor: TrackCursor, known: RecentChunk, chunk: ChunkTime): boolean {
  const startedAnew =
    known.source.sessionId !== chunk.source.sessionId || known.source.initReceipt !== chunk.source.initReceipt;
  const behindMs = ticksToMs(cursor.lastDecodeTimeTicks - known.decodeTimeTicks, cursor.timescale);
  return startedAnew && known.decodeTimeTicks === cursor.firstDecodeTimeTicks && behindMs > RESTART_REACH_MS;
}

/** Another encoder of a redundant input brought this time already; its bytes need not be the same. */
function isTaken(cursor: TrackCursor, chunk: ChunkTime): boolean {
  // An encoder that ended the stream begins a new one.
  if (cursor.recent.length === 0 || cursor.timescale !== chunk.timescale) return false;
  const behindMs = ticksToMs(cursor.endTicks - chunk.decodeTimeTicks, chunk.timescale);
  if (behindMs > REDUNDANT_REACH_MS) return false;
  if (chunk.decodeTimeTicks <= cursor.lastDecodeTimeTicks) return true;
  const isOwn = cursor.recent.at(-1)?.source.sessionId === chunk.source.sessionId;
  return !isOwn && behindMs > REDUNDANT_JITTER_MS;
}
