import type { SkipDirective } from './delivery-directives.ts';
import type { DateRange, MediaPlaylist } from './playlist-model.ts';

/** What a delta update leaves out (rfc8216bis 6.2.5.1). */
export interface SkippedTags {
  /** From the head of the playlist; never 0. */
  segmentCount: number;
  /** The ranges that stay. */
  dateRanges: readonly DateRange[];
  /** Of EXT-X-SKIP: absent when date ranges are not skipped. */
  recentlyRemovedDateRangeIds?: readonly string[];
}

/** What may be left out of the playlist; undefined when it must be sent whole: nothing is old enough, it has ended, or it offers no delta updates. */
export function skippedTags(playlist: MediaPlaylist, skip: SkipDirective | undefined): SkippedTags | undefined {
  const { serverControl, dateRanges = [] } = playlist;
  const skipBoundaryMs = serverControl?.canSkipUntilMs;
  if (skip === undefined || skipBoundaryMs === undefined || playlist.endList) return undefined;
  const segmentCount = skippedSegmentCount(playlist, skipBoundaryMs);
  if (segmentCount === 0) return undefined;
  if (skip === 'YES' || serverControl?.canSkipDateRanges !== true) return { segmentCount, dateRanges };
  const keptSinceMs = endEpochMs(playlist) - skipBoundaryMs;
  return {
    segmentCount,
    dateRanges: dateRanges.filter((range) => (range.addedEpochMs ?? Infinity) >= keptSinceMs),
    recentlyRemovedDateRangeIds: playlist.recentlyRemovedDateRangeIds ?? [],
  };
}

/** Segments that lie wholly beyond the Skip Boundary, from the end of the last closed segment: the parts of the open one do not count (6.2.5.1). */
function skippedSegmentCount({ segments }: MediaPlaylist, skipBoundaryMs: number): number {
  // Integer microseconds, so that a sum of fractions cannot fall short of the boundary.
  let roomUs = Math.round(skipBoundaryMs * 1000);
  let count = segments.length;
  while (count > 0 && roomUs >= 0) {
    count--;
    roomUs -= Math.round((segments[count]?.durationMs ?? 0) * 1000);
  }
  return count;
}

/** The wall clock where the playlist ends now. */
function endEpochMs({ segments, open }: MediaPlaylist): number {
  const last = segments.at(-1);
  const closedEndMs = last === undefined ? 0 : last.startEpochMs + last.durationMs;
  if (open === undefined) return closedEndMs;
  return open.parts.reduce((endMs, part) => endMs + part.durationMs, open.startEpochMs);
}
