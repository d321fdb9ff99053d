import { playlistWindow } from '#hls';
import { endEpochMs, type SegmentEntry } from './segment-entry.ts';
import { TimelineError } from './timeline-error.ts';
import type { TimeShiftRequest } from './time-shift.ts';

/** The rules of the stream that a selection depends on. */
export interface SelectionRules {
  nowMs: number;
  /** The longest range of one playlist; an open one ends there. */
  maxRangeMs: number;
  /** Length of a sliding window that does not ask for its own. */
  windowMs: number;
  targetDurationSec: number;
}

/** The segments of one shifted playlist, neighbours in media sequence, and how the playlist is to be marked. */
export interface RangeSelection {
  segments: SegmentEntry[];
  /** Absent for a sliding window. */
  playlistType?: 'EVENT' | 'VOD';
  endList: boolean;
}

/** Picks what a request shows of one track. `entries` are ascending and reach from the oldest that can matter to the live edge (mergeEntries). undefined when nothing is there: answer 404, never an empty list (time-shift.md D-11 to D-20). */
export function selectRange(
  entries: readonly SegmentEntry[],
  request: TimeShiftRequest,
  rules: SelectionRules,
): RangeSelection | undefined {
  const selection =
    request.kind === 'range' ? selectFixed(entries, request, rules) : selectSliding(entries, request, rules);
  if (selection.segments.length === 0) return undefined;
  return { ...selection, segments: fillHoles(selection.segments, rules.targetDurationSec * 1000) };
}

function selectFixed(
  entries: readonly SegmentEntry[],
  request: Extract<TimeShiftRequest, { kind: 'range' }>,
  rules: SelectionRules,
): RangeSelection {
  // A start before everything kept counts from the oldest segment; an open range would otherwise end before any media.
  const oldestMs = entries[0]?.startEpochMs ?? request.startMs;
  const endMs = request.endMs ?? Math.max(request.startMs, oldestMs) + rules.maxRangeMs;
  const first = entries.findIndex((entry) => endEpochMs(entry) > request.startMs);
  const last = entries.findLastIndex((entry) => entry.startEpochMs < endMs);
  const segments = first === -1 ? [] : entries.slice(first, last + 1);
  if (request.mode === 'vod') return { segments, playlistType: 'VOD', endList: true };
  return { segments, playlistType: 'EVENT', endList: isComplete(entries, endMs, rules) };
}

const SETTLING_TARGET_DURATIONS = 3;

/** Nothing may follow ENDLIST, so it waits until the segment that lies across the end is certain to be listed. */
function isComplete(entries: readonly SegmentEntry[], endMs: number, rules: SelectionRules): boolean {
  const newest = entries.at(-1);
  if (newest !== undefined && newest.startEpochMs >= endMs) return true;
  return rules.nowMs >= endMs + SETTLING_TARGET_DURATIONS * rules.targetDurationSec * 1000;
}

function selectSliding(
  entries: readonly SegmentEntry[],
  request: Exclude<TimeShiftRequest, { kind: 'range' }>,
  rules: SelectionRules,
): RangeSelection {
  const windowMs = request.windowMs ?? rules.windowMs;
  const sliding = { endList: false };
  if (request.kind === 'live') return { ...sliding, segments: tail(entries, windowMs, rules) };
  const edgeMs = rules.nowMs - request.offsetMs;
  const closed = entries.slice(0, entries.findLastIndex((entry) => endEpochMs(entry) <= edgeMs) + 1);
  const newest = closed.at(-1);
  // A stream that had stopped by then was not live then either.
  if (newest === undefined || endEpochMs(newest) <= edgeMs - windowMs) return { ...sliding, segments: [] };
  return { ...sliding, segments: tail(closed, windowMs, rules) };
}

function tail(entries: readonly SegmentEntry[], windowMs: number, rules: SelectionRules): SegmentEntry[] {
  return [...playlistWindow(entries, windowMs, rules.targetDurationSec)];
}

const MAX_HOLE_SEGMENTS = 100_000;
const NO_HASH = '0'.repeat(64);

/** Segments lost from the index become gap rows: a playlist counts its numbers by position, and rfc8216bis 6.2.1 wants the durations of absent media to add up. */
function fillHoles(segments: readonly SegmentEntry[], targetDurationMs: number): SegmentEntry[] {
  const filled: SegmentEntry[] = [];
  for (const segment of segments) {
    const previous = filled.at(-1);
    const gap = previous === undefined ? [] : gapRows(previous, segment, targetDurationMs);
    for (const entry of [...gap, segment]) filled.push(entry);
  }
  return filled;
}

function gapRows(previous: SegmentEntry, next: SegmentEntry, targetDurationMs: number): SegmentEntry[] {
  const count = next.mediaSequence - previous.mediaSequence - 1;
  if (count === 0) return [];
  if (count < 0 || count > MAX_HOLE_SEGMENTS) {
    throw new TimelineError(
      `mediaSequence: expected up to ${MAX_HOLE_SEGMENTS} after ${previous.mediaSequence}, got ${next.mediaSequence}`,
    );
  }
  const startMs = endEpochMs(previous);
  const durationMs = Math.min(Math.max(next.startEpochMs - startMs, 0) / count, targetDurationMs);
  return Array.from({ length: count }, (_, index) => ({
    ...previous,
    mediaSequence: previous.mediaSequence + 1 + index,
    startEpochMs: startMs + index * durationMs,
    durationMs,
    sizeBytes: 0,
    sha256: NO_HASH,
    objectKey: '',
    offsetBytes: 0,
  }));
}
