import type { TimedMarker, TrackWindow } from '#shared/contracts';
import { mapsInto, quotable, type DateRange, type MediaPlaylist } from '#hls';

/**
 * The markers of a presentation as EXT-X-DATERANGE of a playlist that begins at `startEpochMs`: the union over all tracks, one for each id
 * (rfc8216bis 4.4.5.1), and the ids of those that left it within the skip boundary.
 */
export function dateRangesOf(
  windows: readonly TrackWindow[],
  startEpochMs: number,
  skipBoundaryMs: number,
): Pick<MediaPlaylist, 'dateRanges' | 'recentlyRemovedDateRangeIds'> {
  const ranges = [...rangesById(windows).values()].toSorted(
    (a, b) => a.startEpochMs - b.startEpochMs || (a.id < b.id ? -1 : 1),
  );
  const dateRanges = ranges.filter((range) => mapsInto(range, startEpochMs));
  const recentlyRemovedDateRangeIds = ranges
    .filter((range) => !mapsInto(range, startEpochMs) && mapsInto(range, startEpochMs - skipBoundaryMs))
    .map(({ id }) => id);
  if (ranges.length === 0) return {};
  return { dateRanges, recentlyRemovedDateRangeIds };
}

/** Where tracks disagree about an event, the one of the lowest id is believed: attributes of a range must not change. */
function rangesById(windows: readonly TrackWindow[]): Map<string, DateRange> {
  const ranges = new Map<string, DateRange>();
  const segments = windows.flatMap(({ segments: closed, open }) => (open === null ? closed : [...closed, open]));
  for (const { markers, startEpochMs, durationMs } of segments) {
    for (const marker of markers ?? []) {
      if (!ranges.has(marker.id)) ranges.set(marker.id, dateRangeOf(marker, startEpochMs + durationMs));
    }
  }
  return ranges;
}

function dateRangeOf(marker: TimedMarker, addedEpochMs: number): DateRange {
  const { id, schemeIdUri, startEpochMs, durationMs, scte35 } = marker;
  const range: DateRange = { id: quotable(id), class: quotable(schemeIdUri), startEpochMs, addedEpochMs };
  if (durationMs !== undefined) range.durationMs = durationMs;
  // SCTE 35 has attributes of its own; another scheme's message travels as it came.
  if (scte35 !== undefined) return { ...range, scte35 };
  const clientAttributes: Record<string, string> = {};
  if (marker.value !== '') clientAttributes['X-VALUE'] = quotable(marker.value);
  if (marker.messageData !== undefined) clientAttributes['X-MESSAGE-DATA'] = quotable(marker.messageData);
  return Object.keys(clientAttributes).length === 0 ? range : { ...range, clientAttributes };
}
