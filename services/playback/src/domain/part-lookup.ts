import type { TrackWindow, WindowPart, WindowSegment } from '#shared/contracts';
import { segmentOf } from './presentation.ts';

/**
 * What a window knows of a resource: it is there, it is what comes next (a node may have hinted it a moment before this one heard of the part
 * before it), it is further ahead (a node may list it that heard what this one has missed), or it is none of these (rfc8216bis 6.2.6: 404).
 */
export type Lookup<T> =
  | { readonly kind: 'there'; readonly found: T }
  | { readonly kind: 'coming' }
  | { readonly kind: 'ahead' }
  | { readonly kind: 'never' };

const COMING = { kind: 'coming' } as const;
const AHEAD = { kind: 'ahead' } as const;
const NEVER = { kind: 'never' } as const;

/** So many parts beyond the one that this window would hint another node may hint already. */
const PARTS_AHEAD_OF_HINT = 1;

/** The segment of this number, closed or still open. */
export const anySegmentOf = (window: TrackWindow, mediaSequence: number): WindowSegment | undefined =>
  window.open?.mediaSequence === mediaSequence ? window.open : segmentOf(window, mediaSequence);

/** Where a part is. Nothing is coming where the presentation has no parts. */
export function lookupPart(window: TrackWindow, mediaSequence: number, partIndex: number): Lookup<WindowPart> {
  const segment = anySegmentOf(window, mediaSequence);
  const found = segment?.parts[partIndex];
  if (found !== undefined) return { kind: 'there', found };
  if (window.numbers.partTargetMs === undefined || mediaSequence < openMediaSequence(window)) return NEVER;
  const isNear = mediaSequence <= nextMediaSequence(window);
  return isNear && partIndex <= (segment?.parts.length ?? 0) + PARTS_AHEAD_OF_HINT ? COMING : AHEAD;
}

/** Where a segment is that may still be open; an open one is there with its first part. A gap is nowhere. */
export function lookupSegment(window: TrackWindow, mediaSequence: number): Lookup<WindowSegment> {
  const found = anySegmentOf(window, mediaSequence);
  if (found?.gap === true) return NEVER;
  if (found !== undefined && (found !== window.open || found.parts.length > 0)) return { kind: 'there', found };
  if (found !== undefined) return COMING;
  const next = nextMediaSequence(window);
  if (mediaSequence < next) return NEVER;
  return mediaSequence === next && window.numbers.partTargetMs !== undefined ? COMING : AHEAD;
}

/** Where a whole segment is. */
export function lookupClosed(window: TrackWindow, mediaSequence: number): Lookup<WindowSegment> {
  const found = segmentOf(window, mediaSequence);
  if (found?.gap === true) return NEVER;
  if (found !== undefined) return { kind: 'there', found };
  const next = nextMediaSequence(window);
  if (mediaSequence === next || mediaSequence === window.open?.mediaSequence) return COMING;
  return mediaSequence > next ? AHEAD : NEVER;
}

/** The number of the segment in production, or of the next one when none is. */
const openMediaSequence = (window: TrackWindow): number => window.open?.mediaSequence ?? nextMediaSequence(window);

function nextMediaSequence(window: TrackWindow): number {
  const newest = window.open ?? window.segments.at(-1);
  return newest === undefined ? 0 : newest.mediaSequence + 1;
}
