import HLS from 'hls-parser';
import { Parser } from 'm3u8-parser';

HLS.setOptions({ strictMode: true });

/** What two independent parsers agree on of a media playlist. */
export interface MediaFacts {
  readonly mediaSequence: number;
  readonly uris: readonly string[];
  readonly endList: boolean;
  readonly playlistType: string | undefined;
  readonly targetDurationSec: number;
  readonly discontinuities: number;
  readonly firstStartEpochMs: number;
  readonly maps: readonly string[];
}

/** Parses with hls-parser (strict) and m3u8-parser; throws where they differ. */
export function mediaFacts(text: string): MediaFacts {
  const strict = HLS.parse(text) as HLS.types.MediaPlaylist;
  const parser = new Parser();
  parser.push(text);
  parser.end();
  const { manifest } = parser;
  // hls-parser makes a segment without URI of what is not whole yet.
  const segments = strict.segments.filter((segment) => segment.uri !== '');
  const uris = segments.map((segment) => segment.uri);
  expect(manifest.segments.map((segment) => segment.uri)).toEqual(uris);
  expect(manifest.mediaSequence).toBe(strict.mediaSequenceBase);
  expect(manifest.endList === true).toBe(strict.endlist);
  return {
    mediaSequence: strict.mediaSequenceBase ?? -1,
    uris,
    endList: strict.endlist,
    playlistType: strict.playlistType,
    targetDurationSec: strict.targetDuration,
    discontinuities: segments.filter((segment) => segment.discontinuity).length,
    firstStartEpochMs: segments[0]?.programDateTime?.getTime() ?? NaN,
    maps: [...new Set(segments.map((segment) => segment.map?.uri ?? ''))],
  };
}

/** URIs of variants and of audio renditions, by the same two parsers. */
export function multivariantUris(text: string): { variants: string[]; audio: string[] } {
  const strict = HLS.parse(text) as HLS.types.MasterPlaylist;
  const parser = new Parser();
  parser.push(text);
  parser.end();
  const variants = strict.variants.map((variant) => variant.uri);
  expect(parser.manifest.playlists?.map((playlist) => playlist.uri)).toEqual(variants);
  return { variants, audio: strict.variants[0]?.audio.map((rendition) => rendition.uri ?? '') ?? [] };
}
