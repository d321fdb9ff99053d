import type { PresentationNumbers, SegmentClosed } from '#shared/contracts';
import type { MediaChunk } from './media-event.ts';
import { isIndependent, type OpenSegment } from './open-segment.ts';

/** Why a segment ends before a chunk. */
export type Cut = Extract<SegmentClosed['closedBy'], 'boundary' | 'forced_cut' | 'epoch' | 'init_change'>;

/** What a journal record can hold. */
const MAX_CHUNKS = 4096;

/**
 * Whether the open segment must end before this chunk, and why.
 * Everything is read off the open segment and the chunk, so that a successor that reads the same media cuts at the same places.
 */
export function cutBefore(open: OpenSegment, chunk: MediaChunk, numbers: PresentationNumbers): Cut | undefined {
  if (chunk.epoch !== open.epoch) return 'epoch';
  if (chunk.initSha256 !== open.initSha256 || chunk.timescale !== open.timescale) return 'init_change';
  const endTicks = chunk.decodeTimeTicks + chunk.durationTicks;
  if (open.chunks.length >= MAX_CHUNKS || overflowsTarget(open, endTicks, numbers))
    return chunk.independent ? 'boundary' : 'forced_cut';
  if (!chunk.independent) return undefined;
  return (open.kind === 'video' ? isGoodKeyframe(open, chunk, numbers) : isPastGrid(open, chunk, numbers))
    ? 'boundary'
    : undefined;
}

/**
 * Whether the open segment can end right after its last chunk, without waiting for the next one:
 * where every chunk so far could begin a segment, the next one can too.
 */
export function isFull(open: OpenSegment, numbers: PresentationNumbers): boolean {
  const last = open.chunks.at(-1);
  if (last === undefined || open.chunks.some((chunk) => !chunk.independent)) return false;
  if (open.kind !== 'video') return 2n * open.endTicks + last.durationTicks >= 2n * nextGridTicks(open, numbers);
  const elapsed = open.endTicks - open.decodeTimeTicks;
  const target = targetTicks(open, numbers);
  return isNearTarget(elapsed, target) && 2n * elapsed + last.durationTicks >= 2n * target;
}

/** Whether the next chunk will most likely begin a segment: certain where `isFull` is, else the next keyframe is due by the cadence of those before. */
export function isLikelyFull(open: OpenSegment, numbers: PresentationNumbers): boolean {
  if (isFull(open, numbers)) return true;
  const { cadence } = open;
  if (open.kind !== 'video' || cadence === undefined) return false;
  const target = targetTicks(open, numbers);
  const gop = cadence.gopTicks ?? target;
  const isDue = 2n * open.endTicks + (open.chunks.at(-1)?.durationTicks ?? 0n) > 2n * (cadence.newestTicks + gop);
  if (!isDue) return false;
  return (
    isNearTarget(open.endTicks - open.decodeTimeTicks, target) || overflowsTarget(open, open.endTicks + gop, numbers)
  );
}

/** EXTINF rounded to whole seconds would be more than EXT-X-TARGETDURATION (RFC 8216bis 4.4.3.1). */
export function overflowsTarget(
  open: Pick<OpenSegment, 'decodeTimeTicks' | 'timescale'>,
  endTicks: bigint,
  numbers: PresentationNumbers,
): boolean {
  return (endTicks - open.decodeTimeTicks) * 2n >= BigInt(open.timescale) * BigInt(2 * numbers.targetDurationSec + 1);
}

function isGoodKeyframe(open: OpenSegment, chunk: MediaChunk, numbers: PresentationNumbers): boolean {
  // A segment that could only be cut between keyframes is no place to start playing: the next keyframe gets its own.
  if (!isIndependent(open)) return true;
  const elapsed = chunk.decodeTimeTicks - open.decodeTimeTicks;
  if (isNearTarget(elapsed, targetTicks(open, numbers))) return true;
  const lastGop = chunk.decodeTimeTicks - (open.independentAtTicks ?? open.decodeTimeTicks);
  return overflowsTarget(open, chunk.decodeTimeTicks + lastGop, numbers);
}

/** The bound before the chunk is nearer to the grid than the bound after it. */
function isPastGrid(open: OpenSegment, chunk: MediaChunk, numbers: PresentationNumbers): boolean {
  return 2n * chunk.decodeTimeTicks + chunk.durationTicks >= 2n * nextGridTicks(open, numbers);
}

const isNearTarget = (elapsed: bigint, target: bigint): boolean => elapsed * 10n >= target * 9n;

const targetTicks = (open: OpenSegment, numbers: PresentationNumbers): bigint =>
  BigInt(Math.round((numbers.segmentTargetMs * open.timescale) / 1000));

/**
 * The multiple of the segment target, counted from tick 0, where a track without keyframes ends its segment.
 * Tick 0 and not the first chunk: the grid is then known to a successor that has never seen the first chunk.
 */
function nextGridTicks(open: OpenSegment, numbers: PresentationNumbers): bigint {
  // Exact over any length of stream: the target in microseconds, times the timescale, is the grid in millionths of a tick.
  const step = BigInt(Math.round(numbers.segmentTargetMs * 1000)) * BigInt(open.timescale);
  // A quarter of the target is the shortest first segment; less is joined to the next.
  const earliest = open.decodeTimeTicks * 1_000_000n + step / 4n;
  return (ceilDivide(earliest, step) * step) / 1_000_000n;
}

function ceilDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor > 0n ? quotient + 1n : quotient;
}
