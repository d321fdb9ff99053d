/** A half-open stretch of wall clock, [startMs, endMs). One that ends where it starts, or earlier, is empty. */
export interface Interval {
  startMs: number;
  endMs: number;
}

/** The union of `intervals`, ascending and disjoint; neighbours at most `toleranceMs` apart become one. */
export function mergeIntervals(intervals: readonly Interval[], toleranceMs: number): Interval[] {
  const merged: Interval[] = [];
  for (const { startMs, endMs } of intervals.filter(isFilled).toSorted((a, b) => a.startMs - b.startMs)) {
    const last = merged.at(-1);
    if (last !== undefined && startMs - last.endMs <= toleranceMs) last.endMs = Math.max(last.endMs, endMs);
    else merged.push({ startMs, endMs });
  }
  return merged;
}

/** The part of `interval` inside `bounds`; undefined when they do not overlap. */
export function clipInterval(interval: Interval, bounds: Interval): Interval | undefined {
  const clipped = {
    startMs: Math.max(interval.startMs, bounds.startMs),
    endMs: Math.min(interval.endMs, bounds.endMs),
  };
  return isFilled(clipped) ? clipped : undefined;
}

/** What of `bounds` no interval covers, ascending. */
export function gapsBetween(intervals: readonly Interval[], bounds: Interval): Interval[] {
  const gaps: Interval[] = [];
  let coveredToMs = bounds.startMs;
  for (const { startMs, endMs } of mergeIntervals(intervals, 0)) {
    const gap = clipInterval({ startMs: coveredToMs, endMs: startMs }, bounds);
    if (gap !== undefined) gaps.push(gap);
    coveredToMs = Math.max(coveredToMs, endMs);
  }
  const rest = clipInterval({ startMs: coveredToMs, endMs: bounds.endMs }, bounds);
  return rest === undefined ? gaps : [...gaps, rest];
}

function isFilled({ startMs, endMs }: Interval): boolean {
  return endMs > startMs;
}
