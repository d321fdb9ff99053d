import type { BroadcastRow, TrackWindow, WindowSegment } from '#shared/contracts';
import { playlistWindow, renderMediaPlaylist, type PlaylistSegment } from '#hls';
import { contiguousTail } from './presentation.ts';
import { initFileName } from './route.ts';

/** How a media playlist names what it lists, as URI references. */
export interface MediaUris {
  segment(segment: WindowSegment): string;
  map(segment: WindowSegment): string;
}

/** The closed segments that a live playlist shows: the tail of at least `minWindowMs` and three target durations. */
export function shownSegments(window: TrackWindow, minWindowMs: number): readonly WindowSegment[] {
  return playlistWindow(contiguousTail(window.segments), minWindowMs, window.numbers.targetDurationSec);
}

/** The closed segments of one broadcast: those that begin in it. */
export function broadcastSegments(
  window: TrackWindow,
  row: Pick<BroadcastRow, 'startEpochMs' | 'endEpochMs'>,
  minWindowMs: number,
): readonly WindowSegment[] {
  const endEpochMs = row.endEpochMs ?? Infinity;
  const own = contiguousTail(window.segments).filter(
    (segment) => segment.startEpochMs >= row.startEpochMs && segment.startEpochMs < endEpochMs,
  );
  return playlistWindow(own, minWindowMs, window.numbers.targetDurationSec);
}

/** The text of a media playlist over window segments. `segments` must not be empty. */
export function windowPlaylist(
  segments: readonly WindowSegment[],
  options: { targetDurationSec: number; endList: boolean; uris: MediaUris },
): string {
  return renderMediaPlaylist({
    targetDurationSec: options.targetDurationSec,
    endList: options.endList,
    segments: segments.map((segment): PlaylistSegment => ({
      uri: options.uris.segment(segment),
      mediaSequence: segment.mediaSequence,
      durationMs: segment.durationMs,
      startEpochMs: segment.startEpochMs,
      discontinuitySequence: segment.discontinuitySequence,
      map: { uri: options.uris.map(segment) },
    })),
  });
}

/** What changes a rendered playlist of one track: a segment never changes under its number. */
export const revisionOf = (segments: readonly WindowSegment[], endList: boolean): string =>
  `${segments[0]?.mediaSequence}-${segments.at(-1)?.mediaSequence}-${endList ? 'ended' : 'open'}`;

/** URIs of segments and init segments under `base`, the folder of the input; `suffix` is the query they carry, with its question mark. */
export const nativeUris = (base: string, trackId: number, suffix: string): MediaUris => ({
  segment: (segment) => `${base}${trackId}/${segment.mediaSequence}.m4s${suffix}`,
  map: (segment) => `${base}${trackId}/${initFileName(segment.initSha256)}${suffix}`,
});

/** The query that playlists hand on to what they list: without delivery directives and without what a player measures for each request anew. */
export const threadedQuery = (query: URLSearchParams): URLSearchParams =>
  new URLSearchParams([...query].filter(([key]) => !key.startsWith('_HLS_') && key !== 'CMCD'));

/** A query as a URI suffix: empty, or with its question mark. */
export const suffixOf = (query: URLSearchParams): string => (query.size === 0 ? '' : `?${query.toString()}`);
