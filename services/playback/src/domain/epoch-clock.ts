import type { WindowSegment } from '#shared/contracts';

/** Where the decode times of a track stand on the wall clock, for one epoch: one segment whose decode time was read from its bytes. */
export interface EpochClock {
  readonly startEpochMs: number;
  readonly decodeTimeTicks: bigint;
  readonly timescale: number;
}

/** A segment with the times that its bytes carry, in ticks of its track. */
export interface TimedSegment {
  readonly segment: WindowSegment;
  readonly decodeTimeTicks: bigint;
  readonly durationTicks: bigint;
}

const MS_PER_SEC = 1000;
/** Windows say starts to the microsecond; neighbours that differ by no more are neighbours. */
const START_PRECISION_MS = 0.002;

/** The wall clock of decode time 0; to 0.01 ms, so that it comes out alike whichever segment the clock was read from. */
export function anchorOf({ startEpochMs, decodeTimeTicks, timescale }: EpochClock): number {
  return Math.round((startEpochMs - msOf(decodeTimeTicks, timescale)) * 100) / 100;
}

/** The times of successive segments of one epoch. Where one follows the other, their ticks do so exactly; after a jump they are as near as the wall clock tells. */
export function timedSegments(segments: readonly WindowSegment[], clock: EpochClock): TimedSegment[] {
  const timed: TimedSegment[] = [];
  for (const segment of segments) {
    const previous = timed.at(-1);
    const follows =
      previous !== undefined &&
      Math.abs(segment.startEpochMs - previous.segment.startEpochMs - previous.segment.durationMs) <=
        START_PRECISION_MS;
    const decodeTimeTicks = follows
      ? previous.decodeTimeTicks + previous.durationTicks
      : clock.decodeTimeTicks + ticksOf(segment.startEpochMs - clock.startEpochMs, clock.timescale);
    timed.push({ segment, decodeTimeTicks, durationTicks: ticksOf(segment.durationMs, clock.timescale) });
  }
  return timed;
}

/** A length of time in ticks, to the nearest. */
export const ticksOf = (durationMs: number, timescale: number): bigint =>
  BigInt(Math.round((durationMs * timescale) / MS_PER_SEC));

/** Whole seconds apart, as a decode time may be beyond what a number holds. */
function msOf(ticks: bigint, timescale: number): number {
  const scale = BigInt(timescale);
  return Number(ticks / scale) * MS_PER_SEC + (Number(ticks % scale) * MS_PER_SEC) / timescale;
}
