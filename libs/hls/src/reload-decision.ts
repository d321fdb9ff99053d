import type { DeliveryDirectives } from './delivery-directives.ts';
import { listableParts } from './listable-parts.ts';
import type { MediaPlaylist, RenditionReport } from './playlist-model.ts';

/** How far a media playlist is, as blocking reload counts it. */
export interface ReloadEdge {
  /** Of the newest closed segment; where none is left, that before the open one. -1: nothing was ever closed. */
  lastMediaSequence: number;
  /** How many parts the newest closed segment lists; 0 without parts. */
  lastPartCount: number;
  /** How many parts of the segment after it are listed; 0 without an open segment. */
  openPartCount: number;
  /** Absent: the playlist has no parts. */
  partTargetMs?: number;
  /** The playlist has its EXT-X-ENDLIST. */
  ended: boolean;
}

/** A place in a playlist: a part, or without `partIndex` a whole segment. */
export interface PlaylistPosition {
  mediaSequence: number;
  partIndex?: number;
}

/** What to do with a playlist request: answer at once; hold it until `until` is reached, see `isReached`; or answer 400. */
export type ReloadDecision =
  { kind: 'ready' } | { kind: 'wait'; until: PlaylistPosition } | { kind: 'bad_request'; reason: string };

const READY: ReloadDecision = { kind: 'ready' };
/** rfc8216bis 6.2.5.2: a client can want the segment after the one in production, never more. */
const MAX_SEGMENTS_AHEAD = 2;

/** Decides on a playlist request (rfc8216bis 6.2.5.2). To be asked once for each request: what waits is then judged by `isReached` alone, as the limits are those of the moment it came. */
export function decideReload(edge: ReloadEdge, directives: DeliveryDirectives): ReloadDecision {
  const { mediaSequence, partIndex } = directives;
  if (edge.ended || mediaSequence === undefined) return READY;
  const mostAhead = edge.lastMediaSequence + MAX_SEGMENTS_AHEAD;
  if (mediaSequence > mostAhead) {
    return { kind: 'bad_request', reason: `_HLS_msn: expected at most ${mostAhead}, got ${mediaSequence}` };
  }
  if (partIndex === undefined || edge.partTargetMs === undefined) return readyOrWait(edge, { mediaSequence });
  const until = wantedPart(edge, { mediaSequence, partIndex });
  // What is past is never too far ahead, whatever its part index (line 27).
  if (isReached(edge, until)) return READY;
  const highest = highestPartIndex(edge, edge.partTargetMs);
  if (until.partIndex > highest) {
    return { kind: 'bad_request', reason: `_HLS_part: expected at most ${highest}, got ${partIndex}` };
  }
  return { kind: 'wait', until };
}

/** Whether a playlist that is as far as `edge` holds this place or a later one. Once true, it stays so. */
export function isReached(edge: ReloadEdge, place: PlaylistPosition): boolean {
  // A segment may be closed before a part that was hinted in it: then part 0 of the next is what answers.
  if (isBeyondLastPart(edge, place)) return edge.ended || edge.openPartCount > 0;
  const { mediaSequence, partIndex } = place;
  if (edge.ended || mediaSequence <= edge.lastMediaSequence) return true;
  // A segment that exists in parts only is not the whole one that a request without _HLS_part waits for (line 25).
  if (partIndex === undefined) return false;
  return mediaSequence === edge.lastMediaSequence + 1 && partIndex < edge.openPartCount;
}

/** The place right after the newest part: what a preload hint names. */
export function nextPartOf(edge: ReloadEdge): Required<PlaylistPosition> {
  return { mediaSequence: edge.lastMediaSequence + 1, partIndex: edge.openPartCount };
}

/** How far a playlist is, of its own model. */
export function reloadEdgeOf(
  playlist: Pick<MediaPlaylist, 'segments' | 'open' | 'partTargetMs' | 'endList' | 'emptyAt'>,
): ReloadEdge {
  const { open, partTargetMs, emptyAt } = playlist;
  const last = playlist.segments.at(-1);
  const edge: ReloadEdge = {
    lastMediaSequence: last?.mediaSequence ?? ((open ?? emptyAt)?.mediaSequence ?? 0) - 1,
    lastPartCount: listableParts(last?.parts, partTargetMs).length,
    openPartCount: listableParts(open?.parts, partTargetMs).length,
    ended: playlist.endList,
  };
  if (partTargetMs !== undefined) edge.partTargetMs = partTargetMs;
  return edge;
}

/** The report of a playlist for the others of its presentation (rfc8216bis 4.4.5.4); undefined of one that never listed anything. */
export function renditionReportOf(uri: string, edge: ReloadEdge): RenditionReport | undefined {
  if (edge.openPartCount > 0) {
    return { uri, lastMediaSequence: edge.lastMediaSequence + 1, lastPartIndex: edge.openPartCount - 1 };
  }
  if (edge.lastMediaSequence < 0) return undefined;
  const report: RenditionReport = { uri, lastMediaSequence: edge.lastMediaSequence };
  if (edge.lastPartCount > 0) report.lastPartIndex = edge.lastPartCount - 1;
  return report;
}

const readyOrWait = (edge: ReloadEdge, until: PlaylistPosition): ReloadDecision =>
  isReached(edge, until) ? READY : { kind: 'wait', until };

/** rfc8216bis 6.2.5.2: beyond the last part of a segment lies part 0 of the next. */
const wantedPart = (edge: ReloadEdge, wanted: Required<PlaylistPosition>): Required<PlaylistPosition> =>
  isBeyondLastPart(edge, wanted) ? { mediaSequence: wanted.mediaSequence + 1, partIndex: 0 } : wanted;

function isBeyondLastPart(edge: ReloadEdge, { mediaSequence, partIndex }: PlaylistPosition): boolean {
  if (partIndex === undefined || mediaSequence !== edge.lastMediaSequence) return false;
  return edge.lastPartCount > 0 && partIndex >= edge.lastPartCount;
}

/** The Advance Part Limit beyond the parts that the open segment has, or that the one before it had: hls.js outside its low-latency mode asks for the last part index it knows in the next segment (its issue 3566). */
function highestPartIndex(edge: ReloadEdge, partTargetMs: number): number {
  const advancePartLimit = partTargetMs < 1000 ? 3000 / partTargetMs : 3;
  return Math.max(edge.openPartCount, edge.lastPartCount) - 1 + Math.floor(advancePartLimit);
}
