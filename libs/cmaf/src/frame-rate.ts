import type { TrackTiming } from './model.ts';

const COMMON_RATES = [
  5,
  10,
  12,
  12.5,
  15_000 / 1001,
  15,
  20,
  24_000 / 1001,
  24,
  25,
  30_000 / 1001,
  30,
  48_000 / 1001,
  48,
  50,
  60_000 / 1001,
  60,
  100,
  120_000 / 1001,
  120,
];
/** Wide enough for millisecond timescales, narrow enough that a first sample made longer by audio priming does not snap. */
const SNAP_TOLERANCE = 0.002;

/**
 * The mean frame rate in frames per second, snapped to a common one (24000/1001, 25, …) within 0.2 %.
 * Without the first sample when there are more: audio priming makes the first one of a multiplexed stream longer (ingest.md, fact 5).
 */
export function frameRateFrom(timing: TrackTiming, timescale: number): number | undefined {
  if (timing.sampleCount === 0 || timing.durationTicks <= 0n || timescale <= 0) return undefined;
  const [frames, ticks] =
    timing.sampleCount > 1
      ? [timing.sampleCount - 1, Number(timing.durationTicks) - timing.firstSampleTicks]
      : [1, Number(timing.durationTicks)];
  return ticks > 0 ? snapFrameRate((frames * timescale) / ticks) : undefined;
}

/** The common frame rate nearest to this one, or itself when none is within 0.2 %. */
export function snapFrameRate(rate: number): number {
  const nearest = COMMON_RATES.reduce((best, candidate) =>
    Math.abs(candidate - rate) < Math.abs(best - rate) ? candidate : best,
  );
  return Math.abs(nearest - rate) <= nearest * SNAP_TOLERANCE ? nearest : rate;
}
