import { msToTicks } from '#timeline';
import type { PresentationNumbers } from '#shared/contracts';
import type { MediaChunk } from './media-event.ts';

/** Where the media of a track ends, on the timeline of its epoch. */
export interface TrackEnd {
  readonly epoch: number;
  readonly ticks: bigint;
  readonly timescale: number;
}

/** Media that a track never got: `[fromTicks, toTicks)`. */
export interface Loss {
  readonly fromTicks: bigint;
  readonly toTicks: bigint;
}

/** Shorter losses are the jitter of encoders: the segments around them stay neighbours. */
const LEAST_LOSS_MS = 1000;
/** Of a loss longer than any window only the end is made up for. */
const MAX_GAP_SEGMENTS = 600;

/** What is missing between the media of a track and its next chunk (design decision 10); undefined when it continues. */
export function lossBefore(
  end: TrackEnd | undefined,
  chunk: MediaChunk,
  numbers: PresentationNumbers,
): Loss | undefined {
  if (end === undefined || end.epoch !== chunk.epoch || end.timescale !== chunk.timescale) return undefined;
  const { decodeTimeTicks: toTicks, timescale } = chunk;
  const target = targetTicks(numbers, timescale);
  const jitter = msToTicks(LEAST_LOSS_MS, timescale);
  // At most half a segment, so that what is left of a loss is one again: a successor goes on where this one stopped.
  if (toTicks - end.ticks <= (jitter < target / 2n ? jitter : target / 2n)) return undefined;
  const longestTicks = BigInt(MAX_GAP_SEGMENTS) * target;
  const fromTicks = toTicks - end.ticks > longestTicks ? toTicks - longestTicks : end.ticks;
  return { fromTicks, toTicks };
}

/** The end of the first of the equal segments, none longer than the target, that make up for a loss. */
export function gapEnd({ fromTicks, toTicks }: Loss, timescale: number, numbers: PresentationNumbers): bigint {
  const target = targetTicks(numbers, timescale);
  const count = (toTicks - fromTicks + target - 1n) / target;
  return count <= 1n ? toTicks : fromTicks + (toTicks - fromTicks) / count;
}

const targetTicks = (numbers: PresentationNumbers, timescale: number): bigint => {
  const ticks = msToTicks(numbers.segmentTargetMs, timescale);
  return ticks < 1n ? 1n : ticks;
};
