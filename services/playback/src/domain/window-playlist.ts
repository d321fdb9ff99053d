import type { BroadcastRow, TrackWindow, WindowSegment } from '#shared/contracts';
import { playlistWindow } from '#hls';
import { contiguousTail, isSilent, type PresentationRules } from './presentation.ts';

/** The closed segments that a live playlist shows: the tail of at least `minWindowMs` and three target durations. */
export function shownSegments(window: TrackWindow, minWindowMs: number): readonly WindowSegment[] {
  return playlistWindow(contiguousTail(window.segments), minWindowMs, window.numbers.targetDurationSec);
}

/** The window of one broadcast: the segments that begin in it, the open one too. */
export function broadcastWindow(
  window: TrackWindow,
  row: Pick<BroadcastRow, 'startEpochMs' | 'endEpochMs'>,
): TrackWindow {
  const endEpochMs = row.endEpochMs ?? Infinity;
  const isIn = (segment: WindowSegment): boolean =>
    segment.startEpochMs >= row.startEpochMs && segment.startEpochMs < endEpochMs;
  return {
    ...window,
    segments: contiguousTail(window.segments).filter(isIn),
    open: window.open !== null && isIn(window.open) ? window.open : null,
  };
}

/** Media of a stopped broadcast that has not come after so many target durations does not come any more. */
const LATE_TARGET_DURATIONS = 3;

/** Whether nothing can be added to the list of a broadcast: it stopped, and its last segment is whole (rfc8216bis 6.2.1: nothing follows EXT-X-ENDLIST). `window` is the whole one. */
export function isFinal(
  window: TrackWindow,
  { state, endEpochMs }: Pick<BroadcastRow, 'state' | 'endEpochMs'>,
  rules: PresentationRules,
): boolean {
  if (state !== 'stopped') return false;
  if (endEpochMs === undefined || isSilent(window, rules)) return true;
  const newest = window.open ?? window.segments.at(-1);
  const isPast = newest === undefined || newest.startEpochMs >= endEpochMs;
  return isPast || rules.nowMs > endEpochMs + LATE_TARGET_DURATIONS * window.numbers.targetDurationSec * 1000;
}
