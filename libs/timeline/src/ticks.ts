import { TimelineError } from './timeline-error.ts';

const US_PER_SEC = 1_000_000n;

/** Media ticks as milliseconds, rounded half up to the microsecond; the arithmetic is exact for ticks of any size, the double that is returned tells microseconds apart up to 2^42 ms (the year 2109). Throws TimelineError on a timescale below 1. */
export function ticksToMs(ticks: bigint, timescale: number): number {
  return Number(divideHalfUp(ticks * US_PER_SEC, checkedTimescale(timescale))) / 1000;
}

/** Milliseconds, read to the microsecond, as the nearest media tick, half up. The inverse of ticksToMs for timescales below 1,000,000. Throws TimelineError on a timescale below 1 or milliseconds that are no number. */
export function msToTicks(ms: number, timescale: number): bigint {
  const us = Math.round(ms * 1000);
  if (!Number.isSafeInteger(us))
    throw new TimelineError(`milliseconds: expected less than 2^53 microseconds, got ${ms}`);
  return divideHalfUp(BigInt(us) * checkedTimescale(timescale), US_PER_SEC);
}

function checkedTimescale(timescale: number): bigint {
  if (Number.isSafeInteger(timescale) && timescale > 0) return BigInt(timescale);
  throw new TimelineError(`timescale: expected ticks per second of at least 1, got ${timescale}`);
}

function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const shifted = 2n * dividend + divisor;
  const quotient = shifted / (2n * divisor);
  // BigInt division truncates towards zero; below zero that is one too high unless it divides evenly.
  return shifted < 0n && shifted % (2n * divisor) !== 0n ? quotient - 1n : quotient;
}
