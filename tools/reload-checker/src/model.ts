import type { Attributes } from './attributes.ts';

/** A tag with its attributes and the line it stood on. */
export interface Tag {
  readonly attributes: Attributes;
  readonly line: string;
}

/** Bytes of a resource that a tag names: `start` is absent when it follows on from the range before. */
export interface ByteRange {
  readonly lengthBytes: number | undefined;
  readonly startBytes: number | undefined;
}

/** EXT-X-MAP in force. */
export interface MediaMap {
  readonly uri: string;
  readonly byteRange?: ByteRange | undefined;
  readonly line: string;
}

/** EXT-X-PART. */
export interface Part {
  readonly uri: string;
  readonly durationSec: number;
  readonly independent: boolean;
  readonly gap: boolean;
  readonly byteRange?: ByteRange | undefined;
  readonly line: string;
}

/** What a segment and the one still in production have in common. */
export interface SegmentHead {
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  /** DISCONTINUITY tags of its own. */
  readonly discontinuities: number;
  readonly map: MediaMap | undefined;
  readonly key: string;
  /** Its own PROGRAM-DATE-TIME as written. */
  readonly programDateTime: string | undefined;
  /** Where it begins on the wall clock, its own or carried on from the segment before. */
  readonly startEpochMs: number | undefined;
  readonly parts: readonly Part[];
  /** Its lines, tags and URI. */
  readonly lines: readonly string[];
}

/** A whole media segment. */
export interface Segment extends SegmentHead {
  readonly uri: string;
  readonly durationSec: number;
  readonly gap: boolean;
  readonly byteRange?: ByteRange | undefined;
}

/** A media playlist with everything a rule asks about. URIs are as written. */
export interface MediaPlaylist {
  readonly kind: 'media';
  readonly url: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** Line numbers, from 0, of every tag by name. */
  readonly tagLines: ReadonlyMap<string, readonly number[]>;
  readonly version: number;
  readonly targetDurationSec: number | undefined;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly playlistType: string | undefined;
  readonly ended: boolean;
  readonly iFramesOnly: boolean;
  readonly serverControl: Tag | undefined;
  readonly partTargetSec: number | undefined;
  readonly segments: readonly Segment[];
  /** Parts after the last whole segment. */
  readonly open: SegmentHead | undefined;
  readonly hints: readonly Tag[];
  readonly reports: readonly Tag[];
  readonly dateRanges: readonly Tag[];
  readonly skips: readonly Tag[];
  /** Segments that a delta update skips and its base has not. */
  readonly missing: number;
}

/** A multivariant playlist. */
export interface MultivariantPlaylist {
  readonly kind: 'multivariant';
  readonly url: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly variants: readonly Variant[];
  readonly renditions: readonly Tag[];
  readonly iFrameVariants: readonly Tag[];
}

/** EXT-X-STREAM-INF. */
export interface Variant extends Tag {
  readonly uri: string;
}

/** Either kind of playlist. */
export type Playlist = MediaPlaylist | MultivariantPlaylist;
