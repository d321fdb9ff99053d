/** How a URL names a live input; `app` is `live` where the input id or its external id is the name. */
export interface StreamRef {
  readonly app: string;
  readonly stream: string;
}

/** What a path of this service asks for. */
export type Route =
  /** `childBase` goes before the names of media playlists, relative to the multivariant's own URL. */
  | { readonly kind: 'multivariant'; readonly ref: StreamRef; readonly childBase: string }
  | { readonly kind: 'media'; readonly ref: StreamRef; readonly trackId: number }
  | { readonly kind: 'init'; readonly ref: StreamRef; readonly trackId: number; readonly hashPrefix: string }
  | { readonly kind: 'segment'; readonly ref: StreamRef; readonly trackId: number; readonly mediaSequence: number }
  /** A part of a segment, by its index there. */
  | {
      readonly kind: 'part';
      readonly ref: StreamRef;
      readonly trackId: number;
      readonly mediaSequence: number;
      readonly partIndex: number;
    }
  /** A segment of a text track as WebVTT. */
  | { readonly kind: 'text_segment'; readonly ref: StreamRef; readonly trackId: number; readonly mediaSequence: number }
  | { readonly kind: 'iframes'; readonly ref: StreamRef; readonly trackId: number }
  | {
      readonly kind: 'shift_segment';
      readonly ref: StreamRef;
      readonly trackId: number;
      /** Hours since 1970 of the segment's start. */
      readonly hour: number;
      readonly mediaSequence: number;
    }
  /** The DASH manifest. */
  | { readonly kind: 'manifest'; readonly ref: StreamRef }
  | { readonly kind: 'broadcast_manifest'; readonly broadcastId: string }
  | { readonly kind: 'broadcast_multivariant'; readonly broadcastId: string }
  | { readonly kind: 'broadcast_media'; readonly broadcastId: string; readonly trackId: number }
  | { readonly kind: 'broadcast_iframes'; readonly broadcastId: string; readonly trackId: number }
  | { readonly kind: 'provenance_keys' }
  | { readonly kind: 'provenance_track'; readonly ref: StreamRef; readonly trackId: number }
  | {
      readonly kind: 'provenance_segment';
      readonly ref: StreamRef;
      readonly trackId: number;
      readonly mediaSequence: number;
    }
  | { readonly kind: 'xrpc'; readonly nsid: string }
  | { readonly kind: 'timeline' }
  /** The clock that DASH manifests refer to. */
  | { readonly kind: 'time' };

const RESERVED_APPS: ReadonlySet<string> = new Set(['broadcast', 'shift', 'xrpc', 'openapi', 'player', 'provenance']);
const MAX_TRACK_ID = 0xffffffff;
const HASH_PREFIX_DIGITS = 16;

/** The I-frame playlist of a video track, in the folder of its segments. */
export const IFRAMES_FILE = 'iframes.m3u8';

/** The DASH manifest, beside the multivariant playlist. */
const MANIFEST_FILE = 'manifest.mpd';
const SEGMENT_FILE = /^(\d{1,15})\.m4s$/;
const PART_FILE = /^(\d{1,15})\.(\d{1,6})\.m4s$/;
const TEXT_FILE = /^(\d{1,15})\.vtt$/;
const INIT_FILE = new RegExp(`^init-([0-9a-f]{${HASH_PREFIX_DIGITS}})\\.mp4$`);
const SHIFT_FILE = /^(\d{1,7})-(\d{1,15})\.m4s$/;
const REPORT_FILE = /^(\d{1,15})\.json$/;
const PLAYLIST_FILE = /^(.{1,256})\.m3u8$/s;

/** The route of a path, or undefined when this service has none. Names are percent-decoded. */
export function parseRoute(path: string): Route | undefined {
  const names = namesOf(path);
  if (names === undefined) return undefined;
  const [head = ''] = names;
  if (head === 'xrpc') return names.length === 2 ? { kind: 'xrpc', nsid: names[1] ?? '' } : undefined;
  if (path === '/openapi/timeline/query') return { kind: 'timeline' };
  if (path === '/time') return { kind: 'time' };
  if (head === 'broadcast') return broadcastRoute(names);
  if (head === 'shift') return shiftRoute(names);
  if (head === 'provenance') return provenanceRoute(names);
  return RESERVED_APPS.has(head) ? undefined : streamRoute(names);
}

/** The file name of an init segment in a URL: content-addressed, so it never changes under its name. */
export const initFileName = (initSha256: string): string => `init-${initSha256.slice(0, HASH_PREFIX_DIGITS)}.mp4`;

/** A track id as its decimal text, u32 from 1; undefined for anything else. */
export function parseTrackId(text: string): number | undefined {
  if (!/^[1-9]\d{0,9}$/.test(text)) return undefined;
  const trackId = Number(text);
  return trackId <= MAX_TRACK_ID ? trackId : undefined;
}

function namesOf(path: string): string[] | undefined {
  const names = path.split('/').slice(1);
  if (!path.includes('%')) return names;
  try {
    return names.map((name) => decodeURIComponent(name));
  } catch {
    return undefined;
  }
}

function broadcastRoute([, broadcastId = '', file = '', last, ...rest]: string[]): Route | undefined {
  if (rest.length > 0 || broadcastId === '') return undefined;
  if (last !== undefined) {
    const trackId = last === IFRAMES_FILE ? parseTrackId(file) : undefined;
    return trackId === undefined ? undefined : { kind: 'broadcast_iframes', broadcastId, trackId };
  }
  if (file === 'index.m3u8') return { kind: 'broadcast_multivariant', broadcastId };
  if (file === MANIFEST_FILE) return { kind: 'broadcast_manifest', broadcastId };
  const trackId = trackOfPlaylist(file);
  return trackId === undefined ? undefined : { kind: 'broadcast_media', broadcastId, trackId };
}

function shiftRoute([, stream = '', track = '', file = '', ...rest]: string[]): Route | undefined {
  const trackId = parseTrackId(track);
  const match = SHIFT_FILE.exec(file);
  if (rest.length > 0 || trackId === undefined || match === null) return undefined;
  const ref = { app: 'live', stream };
  return { kind: 'shift_segment', ref, trackId, hour: Number(match[1]), mediaSequence: Number(match[2]) };
}

function provenanceRoute(names: string[]): Route | undefined {
  const [, stream = '', third = '', fourth = ''] = names;
  if (names.length === 2) return stream === 'keys.json' ? { kind: 'provenance_keys' } : undefined;
  if (names.length > 4 || names.some((name) => name === '')) return undefined;
  const ref = { app: 'live', stream };
  if (names.length === 3) {
    const trackId = parseTrackId(reportName(third));
    return trackId === undefined ? undefined : { kind: 'provenance_track', ref, trackId };
  }
  const trackId = parseTrackId(third);
  const mediaSequence = reportName(fourth);
  if (trackId === undefined || mediaSequence === '') return undefined;
  return { kind: 'provenance_segment', ref, trackId, mediaSequence: Number(mediaSequence) };
}

/** The number that a report is of; empty when the file is none. */
const reportName = (file: string): string => REPORT_FILE.exec(file)?.[1] ?? '';

function streamRoute(names: string[]): Route | undefined {
  const [app = '', stream = '', third = '', fourth = ''] = names;
  if (names.some((name) => name === '')) return undefined;
  if (names.length === 2) return namedMultivariant(app, stream);
  const ref = { app, stream };
  if (names.length === 3) {
    if (third === 'index.m3u8') return { kind: 'multivariant', ref, childBase: '' };
    if (third === MANIFEST_FILE) return { kind: 'manifest', ref };
    const trackId = trackOfPlaylist(third);
    return trackId === undefined ? undefined : { kind: 'media', ref, trackId };
  }
  return names.length === 4 ? mediaFile(ref, third, fourth) : undefined;
}

function namedMultivariant(app: string, file: string): Route | undefined {
  const stream = PLAYLIST_FILE.exec(file)?.[1];
  if (stream === undefined) return undefined;
  return { kind: 'multivariant', ref: { app, stream }, childBase: `${encodeURIComponent(stream)}/` };
}

function mediaFile(ref: StreamRef, track: string, file: string): Route | undefined {
  const trackId = parseTrackId(track);
  if (trackId === undefined) return undefined;
  const mediaSequence = SEGMENT_FILE.exec(file)?.[1];
  if (mediaSequence !== undefined) return { kind: 'segment', ref, trackId, mediaSequence: Number(mediaSequence) };
  const part = PART_FILE.exec(file);
  if (part !== null) {
    return { kind: 'part', ref, trackId, mediaSequence: Number(part[1]), partIndex: Number(part[2]) };
  }
  if (file === IFRAMES_FILE) return { kind: 'iframes', ref, trackId };
  const text = TEXT_FILE.exec(file)?.[1];
  if (text !== undefined) return { kind: 'text_segment', ref, trackId, mediaSequence: Number(text) };
  const hashPrefix = INIT_FILE.exec(file)?.[1];
  return hashPrefix === undefined ? undefined : { kind: 'init', ref, trackId, hashPrefix };
}

function trackOfPlaylist(file: string): number | undefined {
  const name = PLAYLIST_FILE.exec(file)?.[1];
  return name === undefined ? undefined : parseTrackId(name);
}
