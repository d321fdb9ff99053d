import type { MediaPlaylist, Part, Segment, SegmentHead } from './model.ts';

/** How far a playlist reaches. */
export interface Edge {
  /** The newest whole segment, -1 before the first. */
  readonly mediaSequence: number;
  /** Parts of the segment after it. */
  readonly openParts: number;
}

/** The newest thing a playlist lists. */
export function edgeOf({ segments, open, mediaSequence }: MediaPlaylist): Edge {
  return { mediaSequence: segments.at(-1)?.mediaSequence ?? mediaSequence - 1, openParts: open?.parts.length ?? 0 };
}

/** Positive when `a` reaches further. */
export function compareEdges(a: Edge, b: Edge): number {
  return a.mediaSequence === b.mediaSequence ? a.openParts - b.openParts : a.mediaSequence - b.mediaSequence;
}

/** An edge in words. */
export function describeEdge({ mediaSequence, openParts }: Edge): string {
  return openParts === 0 ? `segment ${mediaSequence}` : `part ${openParts - 1} of segment ${mediaSequence + 1}`;
}

/** Whether the playlist has what `_HLS_msn` and `_HLS_part` ask for (rfc8216bis 6.2.5.2): a whole segment, or that part or a later one. */
export function holds(playlist: MediaPlaylist, wanted: { mediaSequence: number; part?: number | undefined }): boolean {
  const { mediaSequence, openParts } = edgeOf(playlist);
  if (wanted.part === undefined) return mediaSequence >= wanted.mediaSequence;
  if (mediaSequence + 1 > wanted.mediaSequence) {
    if (openParts > 0 || mediaSequence > wanted.mediaSequence) return true;
    const parent = playlist.segments.at(-1);
    // A parent that no longer lists its parts is old enough to have had any of them.
    return parent === undefined || parent.parts.length === 0 || parent.parts.length > wanted.part;
  }
  return mediaSequence + 1 === wanted.mediaSequence && openParts > wanted.part;
}

/** Every whole segment and then the one in production. */
export function headsOf({ segments, open }: MediaPlaylist): SegmentHead[] {
  return open === undefined ? [...segments] : [...segments, open];
}

/** All parts a playlist lists, oldest first, each with its parent's number and its own. */
export function listedParts(playlist: MediaPlaylist): Array<{ part: Part; head: SegmentHead; index: number }> {
  return headsOf(playlist).flatMap((head) => head.parts.map((part, index) => ({ part, head, index })));
}

/** Sum of the segments' durations, s. */
export function durationSecOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { durationSec }) => sum + durationSec, 0);
}

/** Duration of the parts after the last whole segment, s. */
export function openDurationSec({ open }: MediaPlaylist): number {
  return (open?.parts ?? []).reduce((sum, { durationSec }) => sum + durationSec, 0);
}

/** What a media segment is, for comparison between two fetches: all but its parts, its place and its wall clock. */
export function segmentFacts(segment: Segment): string {
  const { uri, durationSec, map, key, gap } = segment;
  return [uri, durationSec, rangeText(segment.byteRange), map?.uri, rangeText(map?.byteRange), key, gap].join(' ');
}

/** What makes a segment this one and no other. */
export const segmentKey = ({ uri, byteRange }: Segment): string => `${uri} ${byteRange?.startBytes ?? ''}`;

/** What a part is, for comparison between two fetches. */
export function partFacts(part: Part): string {
  return [part.uri, part.durationSec, part.independent, part.gap, rangeText(part.byteRange)].join(' ');
}

const rangeText = (range: Segment['byteRange']): string =>
  range === undefined ? '' : `${range.lengthBytes}@${range.startBytes}`;
