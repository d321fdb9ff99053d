export { decodeHourBlob, encodeHourBlob } from './hour-blob.ts';
export { clipInterval, gapsBetween, mergeIntervals, type Interval } from './interval.ts';
export { endEpochMs, hourOf, isGap, mergeEntries, type SegmentEntry } from './segment-entry.ts';
export { selectRange, type RangeSelection, type SelectionRules } from './select-range.ts';
export { msToTicks, ticksToMs } from './ticks.ts';
export { timelineAnswer, timelineFailure, type TimelineAnswer } from './timeline-answer.ts';
export { TimelineError } from './timeline-error.ts';
export {
  parseTimelineQuery,
  type TimelineFailureCode,
  type TimelineQuery,
  type TimelineQueryResult,
} from './timeline-query.ts';
export { TimeShiftError, type TimeShiftErrorCode } from './time-shift-error.ts';
export { parseTimeShift, timeShiftQuery, type TimeShiftRequest } from './time-shift.ts';
