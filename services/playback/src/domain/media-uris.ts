import type { TrackWindow, WindowSegment } from '#shared/contracts';
import { initFileName } from './route.ts';

/** How a media playlist names what it lists, as URI references. */
export interface MediaUris {
  segment(segment: WindowSegment): string;
  map(segment: WindowSegment): string;
  /** An init segment that no segment has needed yet; undefined where it has no name before. */
  nextMap(initSha256: string): string | undefined;
  part(mediaSequence: number, partIndex: number): string;
  /** The media playlist of another track, from where this one is. */
  mediaPlaylist(trackId: number): string;
}

/** Whether the segments of a track are given as WebVTT files. */
export const isWebVtt = ({ track }: TrackWindow): boolean => track.codec === 'wvtt';

/** URIs of a list in the folder of the input, or with another `base` before it; `suffix` is the query they carry, with its question mark. */
export const nativeUris = (base: string, window: TrackWindow, suffix: string): MediaUris =>
  urisIn(
    { mediaFolder: `${base}${window.track.trackId}/`, listFolder: '', extension: isWebVtt(window) ? 'vtt' : 'm4s' },
    suffix,
  );

/** The same of an I-frame list, which is in the folder of the segments; `base` leads from there to where the folder of the track is. */
export const iFrameUris = (base: string, suffix: string): MediaUris =>
  urisIn({ mediaFolder: base, listFolder: '../', extension: 'm4s' }, suffix);

/** The query that playlists hand on to what they list: without delivery directives and without what a player measures for each request anew. */
export const threadedQuery = (query: URLSearchParams): URLSearchParams =>
  new URLSearchParams([...query].filter(([key]) => !key.startsWith('_HLS_') && key !== 'CMCD'));

/** A query as a URI suffix: empty, or with its question mark. */
export const suffixOf = (query: URLSearchParams): string => (query.size === 0 ? '' : `?${query.toString()}`);

function urisIn(
  { mediaFolder, listFolder, extension }: { mediaFolder: string; listFolder: string; extension: string },
  suffix: string,
): MediaUris {
  return {
    segment: ({ mediaSequence }) => `${mediaFolder}${mediaSequence}.${extension}${suffix}`,
    map: ({ initSha256 }) => `${mediaFolder}${initFileName(initSha256)}${suffix}`,
    nextMap: (initSha256) => `${mediaFolder}${initFileName(initSha256)}${suffix}`,
    part: (mediaSequence, partIndex) => `${mediaFolder}${mediaSequence}.${partIndex}.m4s${suffix}`,
    mediaPlaylist: (trackId) => `${listFolder}${trackId}.m3u8${suffix}`,
  };
}
