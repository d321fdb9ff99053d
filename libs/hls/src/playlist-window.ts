import type { PlaylistSegment } from './playlist-model.ts';

const TARGET_DURATIONS_KEPT = 3;

/** The shortest tail of `segments` that lasts at least `minWindowMs` and three target durations (rfc8216bis 6.2.2); all of them when they last less. */
export function playlistWindow<Segment extends Pick<PlaylistSegment, 'durationMs'>>(
  segments: readonly Segment[],
  minWindowMs: number,
  targetDurationSec: number,
): readonly Segment[] {
  // Integer microseconds: a sum of fractions could move the start back when a segment is appended.
  let missingUs = Math.max(minWindowMs, TARGET_DURATIONS_KEPT * targetDurationSec * 1000) * 1000;
  let start = segments.length;
  while (start > 0 && missingUs > 0) {
    start--;
    missingUs -= Math.round((segments[start]?.durationMs ?? 0) * 1000);
  }
  return segments.slice(start);
}
