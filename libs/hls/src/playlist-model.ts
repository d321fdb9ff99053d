/** EXT-X-MAP: the media initialization section that a segment needs. */
export interface MediaMap {
  uri: string;
}

/** EXT-X-PART: one or more whole chunks of a segment, under an URI of its own. */
export interface PlaylistPart {
  uri: string;
  durationMs: number;
  /** Whether it holds an independent frame (line 19). */
  independent: boolean;
  /** Absent media; its URI may answer 404. */
  gap?: boolean;
}

/** EXT-X-BYTERANGE: where in its resource a segment lies. */
export interface ByteRange {
  offsetBytes: number;
  sizeBytes: number;
}

/** One media segment as a playlist lists it. `durationMs` and `startEpochMs` may be fractional. */
export interface PlaylistSegment {
  uri: string;
  mediaSequence: number;
  durationMs: number;
  /** Wall clock of the first sample; rounded to the millisecond in EXT-X-PROGRAM-DATE-TIME. */
  startEpochMs: number;
  discontinuitySequence: number;
  /** Absent: the segments need none (WebVTT). */
  map?: MediaMap;
  /** Absent media (EXT-X-GAP); its URI may answer 404. */
  gap?: boolean;
  /** In order, from part index 0. Listed near the end of the playlist only, and only under a `partTargetMs` that none of them exceeds. */
  parts?: readonly PlaylistPart[];
  byteRange?: ByteRange;
}

/** The segment in production: only its parts can be listed yet. */
export type OpenPlaylistSegment = Pick<
  PlaylistSegment,
  'mediaSequence' | 'startEpochMs' | 'discontinuitySequence' | 'map'
> & { parts: readonly PlaylistPart[] };

/** EXT-X-SERVER-CONTROL: the same in all media playlists of a presentation, and for their life (line 24). */
export interface ServerControl {
  canBlockReload: boolean;
  /** At least three target durations. */
  holdBackMs: number;
  /** At least two part targets; required with parts. */
  partHoldBackMs?: number;
  /** The Skip Boundary, at least six target durations. */
  canSkipUntilMs?: number;
  canSkipDateRanges?: boolean;
}

/** EXT-X-PRELOAD-HINT: what a client may ask for before it exists. */
export interface PreloadHint {
  type: 'PART' | 'MAP';
  uri: string;
}

/** EXT-X-RENDITION-REPORT: how far another media playlist of the presentation is. */
export interface RenditionReport {
  uri: string;
  lastMediaSequence: number;
  /** Required of a rendition with parts. */
  lastPartIndex?: number;
}

/** EXT-X-DATERANGE (rfc8216bis 4.4.5.1). Strings must hold neither quotes nor control characters: see `quotable`. */
export interface DateRange {
  /** Never used again for another range in the life of the playlist. */
  id: string;
  class?: string;
  startEpochMs: number;
  /** Absent when unknown; 0 is an instant. */
  durationMs?: number;
  /** `hex` is 0x and hexadecimal digits: SCTE35-OUT, SCTE35-IN or SCTE35-CMD. */
  scte35?: { role: 'out' | 'in' | 'cmd'; hex: string };
  /** Names begin with X-; a string becomes a quoted-string, a number a decimal. */
  clientAttributes?: Readonly<Record<string, string | number>>;
  /** Where the end of the playlist stood on the wall clock when the range was first listed; absent: no delta update leaves it out. */
  addedEpochMs?: number;
}

/** A media playlist. Segments are in order, each mediaSequence one above that of its neighbour, that of `open` one above the last. */
export interface MediaPlaylist {
  /** Fixed for the life of the playlist's URL; the owner of the segments keeps every rounded EXTINF within it. */
  targetDurationSec: number;
  /** EXT-X-PART-INF, fixed likewise. Absent: no part is listed. */
  partTargetMs?: number;
  serverControl?: ServerControl;
  /** Each segment is one I-frame, mostly a byte range of a media segment. */
  iFramesOnly?: boolean;
  /** Absent in a sliding live playlist. */
  playlistType?: 'EVENT' | 'VOD';
  segments: readonly PlaylistSegment[];
  open?: OpenPlaylistSegment;
  /** At most one of each type, none with `endList`. */
  preloadHints?: readonly PreloadHint[];
  renditionReports?: readonly RenditionReport[];
  dateRanges?: readonly DateRange[];
  /** Ids of the ranges that left the playlist within the Skip Boundary; a delta update of v2 names them. */
  recentlyRemovedDateRangeIds?: readonly string[];
  endList: boolean;
  /** The numbers of a playlist without segments and parts; required then, ignored otherwise. */
  emptyAt?: { mediaSequence: number; discontinuitySequence: number };
}
