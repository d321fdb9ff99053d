import { mergeIntervals, type Interval } from './interval.ts';
import { endEpochMs, isGap, type SegmentEntry } from './segment-entry.ts';
import type { TimelineFailureCode } from './timeline-query.ts';

/** The JSON body of /openapi/timeline/query. All times are whole seconds since 1970. */
export interface TimelineAnswer {
  retCode: 0 | TimelineFailureCode;
  description: string;
  content: {
    /** The server's clock, by which a player sets its own. */
    current: number;
    /** Ascending, without overlap. */
    timeline: { start: number; end: number }[];
  };
}

/** Answers which periods of [startSec, endSec) can be played, whole and not clipped (time-shift.md D-30 to D-35). `entries` are those of one track, ascending. Each `start`, used as lhs_start, gives a playlist that begins with that period, provided segments last a second. */
export function timelineAnswer(
  entries: readonly SegmentEntry[],
  query: { startSec: number; endSec: number; nowMs: number; merge: boolean },
): TimelineAnswer {
  const playable = entries.filter((entry) => !isGap(entry));
  const periods = query.merge ? mergedPeriods(playable) : playable.map(intervalOf);
  return {
    retCode: 0,
    description: 'success',
    content: {
      current: Math.floor(query.nowMs / 1000),
      timeline: wholeSeconds(periods).filter(({ start, end }) => start < query.endSec && end > query.startSec),
    },
  };
}

/** The body that says why a query has no answer; the same shape, since clients refuse an empty body. */
export function timelineFailure(retCode: TimelineFailureCode, description: string, nowMs: number): TimelineAnswer {
  return { retCode, description, content: { current: Math.floor(nowMs / 1000), timeline: [] } };
}

/** Both ends are rounded up: the second that a period starts at then lies inside its first segment. */
function wholeSeconds(periods: readonly Interval[]): { start: number; end: number }[] {
  const rounded = periods.map(({ startMs, endMs }) => ({
    start: Math.ceil(startMs / 1000),
    end: Math.ceil(endMs / 1000),
  }));
  return rounded
    .map(({ start, end }, index) => ({ start, end: Math.min(end, rounded[index + 1]?.start ?? end) }))
    .filter(({ start, end }) => start < end);
}

/** D-34: a period breaks where more than a segment is missing, and at each discontinuity. */
function mergedPeriods(entries: readonly SegmentEntry[]): Interval[] {
  return [...groupByDiscontinuity(entries).values()].flatMap((group) =>
    mergeIntervals(
      group.map(intervalOf),
      group.reduce((longestMs, entry) => Math.max(longestMs, entry.durationMs), 0),
    ),
  );
}

function groupByDiscontinuity(entries: readonly SegmentEntry[]): Map<number, SegmentEntry[]> {
  const groups = new Map<number, SegmentEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.discontinuitySequence);
    if (group === undefined) groups.set(entry.discontinuitySequence, [entry]);
    else group.push(entry);
  }
  return groups;
}

function intervalOf(entry: SegmentEntry): Interval {
  return { startMs: entry.startEpochMs, endMs: endEpochMs(entry) };
}
