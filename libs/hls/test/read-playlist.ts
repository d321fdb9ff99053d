import HLS from 'hls-parser';
import { Parser } from 'm3u8-parser';

/** One part as a client understands it. */
export interface ReadPart {
  uri: string;
  durationSec: number;
  independent: boolean;
  gap: boolean;
}

/** What a client understands of a segment before it has its URI. */
export interface ReadOpenSegment {
  mediaSequence: number;
  discontinuitySequence: number;
  programDateTime: string | undefined;
  mapUri: string | undefined;
  parts: ReadPart[];
}

/** One segment as a client understands it: numbers counted from the head of the playlist. */
export interface ReadSegment extends ReadOpenSegment {
  uri: string;
  durationSec: number;
  gap: boolean;
  byteRange: string | undefined;
}

/** A media playlist as a client understands it. */
export interface ReadPlaylist {
  tags: string[];
  version: number;
  targetDurationSec: number;
  mediaSequence: number;
  discontinuitySequence: number;
  /** Attribute texts of EXT-X-SERVER-CONTROL and EXT-X-PART-INF. */
  serverControl: string | undefined;
  partInf: string | undefined;
  skippedSegments: number;
  segments: ReadSegment[];
  /** The parts after the last segment; undefined without any. */
  open: ReadOpenSegment | undefined;
  /** Attribute texts by ID. */
  dateRanges: Map<string, string>;
  preloadHints: string[];
  renditionReports: string[];
  endList: boolean;
}

/** Reads a media playlist line by line, as rfc8216bis counts it, without our renderer's knowledge. */
export function readMediaPlaylist(text: string): ReadPlaylist {
  return read(text, undefined);
}

/** What a client has that asked for a delta update with this copy of the playlist in hand (rfc8216bis 6.3.7); throws when the copy lacks what the update leaves out. */
export function applyDeltaUpdate(copy: ReadPlaylist, deltaText: string): ReadPlaylist {
  return read(deltaText, copy);
}

function read(text: string, copy: ReadPlaylist | undefined): ReadPlaylist {
  const lines = text.split('\n').slice(0, -1);
  const value = (tag: string): string | undefined =>
    lines.find((line) => line.startsWith(`${tag}:`))?.slice(tag.length + 1);
  const values = (tag: string): string[] =>
    lines.filter((line) => line.startsWith(`${tag}:`)).map((line) => line.slice(tag.length + 1));
  const playlist: ReadPlaylist = {
    tags: lines.filter((line) => line.startsWith('#')).map((line) => line.replace(/:.*/, '')),
    version: Number(value('#EXT-X-VERSION')),
    targetDurationSec: Number(value('#EXT-X-TARGETDURATION')),
    mediaSequence: Number(value('#EXT-X-MEDIA-SEQUENCE')),
    discontinuitySequence: Number(value('#EXT-X-DISCONTINUITY-SEQUENCE')),
    serverControl: value('#EXT-X-SERVER-CONTROL'),
    partInf: value('#EXT-X-PART-INF'),
    skippedSegments: Number(attribute(value('#EXT-X-SKIP') ?? '', 'SKIPPED-SEGMENTS') ?? 0),
    segments: [],
    open: undefined,
    dateRanges: dateRangesOf(values('#EXT-X-DATERANGE'), value('#EXT-X-SKIP'), copy),
    preloadHints: values('#EXT-X-PRELOAD-HINT'),
    renditionReports: values('#EXT-X-RENDITION-REPORT'),
    endList: lines.includes('#EXT-X-ENDLIST'),
  };
  playlist.segments = skippedSegmentsOf(playlist, copy);
  readSegments(lines, playlist);
  return playlist;
}

/** An update that skips date ranges adds to those of the copy; any other one carries them all. */
function dateRangesOf(tags: string[], skip: string | undefined, copy: ReadPlaylist | undefined): Map<string, string> {
  const removed = attribute(skip ?? '', 'RECENTLY-REMOVED-DATERANGES');
  const merged = new Map(removed === undefined ? [] : copy?.dateRanges);
  for (const id of removed?.split('\t') ?? []) merged.delete(id);
  for (const tag of tags) merged.set(attribute(tag, 'ID') ?? '', tag);
  return merged;
}

function skippedSegmentsOf(
  { skippedSegments, mediaSequence }: ReadPlaylist,
  copy: ReadPlaylist | undefined,
): ReadSegment[] {
  return Array.from({ length: skippedSegments }, (_, index) => {
    const known = copy?.segments.find((segment) => segment.mediaSequence === mediaSequence + index);
    if (known === undefined) throw new Error(`the copy lacks segment ${mediaSequence + index}`);
    // The server has taken these parts off its list long ago: the Skip Boundary is twice as far from the end.
    return { ...known, parts: [] };
  });
}

interface Cursor {
  discontinuitySequence: number;
  mapUri: string | undefined;
  pending: Partial<ReadSegment> & { parts: ReadPart[] };
}

const SEGMENT_TAGS: Record<string, (cursor: Cursor, value: string) => void> = {
  '#EXT-X-DISCONTINUITY': (cursor) => (cursor.discontinuitySequence += 1),
  '#EXT-X-MAP': (cursor, value) => (cursor.mapUri = attribute(value, 'URI')),
  '#EXT-X-PROGRAM-DATE-TIME': ({ pending }, value) => (pending.programDateTime = value),
  '#EXT-X-GAP': ({ pending }) => (pending.gap = true),
  '#EXT-X-PART': ({ pending }, value) => pending.parts.push(partOf(value)),
  '#EXT-X-BYTERANGE': ({ pending }, value) => (pending.byteRange = value),
  '#EXTINF': ({ pending }, value) => (pending.durationSec = Number(value.replace(/,$/, ''))),
};
const AHEAD_OF_PARTS = ['#EXT-X-DISCONTINUITY', '#EXT-X-MAP', '#EXT-X-PROGRAM-DATE-TIME'];

function readTag(cursor: Cursor, line: string): void {
  const [, tag = '', value = ''] = /^([^:]*):?(.*)$/.exec(line) ?? [];
  if (AHEAD_OF_PARTS.includes(tag) && cursor.pending.parts.length > 0) {
    throw new Error(`after the first EXT-X-PART of its segment: ${line}`);
  }
  SEGMENT_TAGS[tag]?.(cursor, value);
}

function readSegments(lines: string[], playlist: ReadPlaylist): void {
  const lastSkipped = playlist.segments.at(-1);
  const cursor: Cursor = {
    discontinuitySequence: lastSkipped?.discontinuitySequence ?? playlist.discontinuitySequence,
    mapUri: lastSkipped?.mapUri,
    pending: { parts: [] },
  };
  const numbered = (): ReadOpenSegment => ({
    mediaSequence: playlist.mediaSequence + playlist.segments.length,
    discontinuitySequence: cursor.discontinuitySequence,
    programDateTime: cursor.pending.programDateTime,
    mapUri: cursor.mapUri,
    parts: cursor.pending.parts,
  });
  for (const line of lines) {
    if (line.startsWith('#')) readTag(cursor, line);
    else {
      const { durationSec = Number.NaN, gap = false, byteRange } = cursor.pending;
      playlist.segments.push({ uri: line, ...numbered(), durationSec, gap, byteRange });
      cursor.pending = { parts: [] };
    }
  }
  if (cursor.pending.parts.length > 0) playlist.open = numbered();
}

const partOf = (line: string): ReadPart => ({
  uri: attribute(line, 'URI') ?? '',
  durationSec: Number(attribute(line, 'DURATION')),
  independent: attribute(line, 'INDEPENDENT') === 'YES',
  gap: attribute(line, 'GAP') === 'YES',
});

/** The value of an attribute, without its quotes. */
export function attribute(text: string, name: string): string | undefined {
  const [, quoted, plain] = new RegExp(`(?:^|[:,])${name}=(?:"([^"]*)"|([^,]*))`).exec(text) ?? [];
  return quoted ?? plain;
}

// hls-parser counts three segments for three target durations, which is wrong where segments are shorter.
const COUNTED_BY_SEGMENTS = /Remove EXT-X-PART tags/;

/** Parses with hls-parser in strict mode and with m3u8-parser; throws at the first complaint of either. */
export function parseWithOracles(text: string): Parser['manifest'] {
  HLS.setOptions({ strictMode: true });
  try {
    HLS.parse(text);
  } catch (error) {
    if (!COUNTED_BY_SEGMENTS.test(String(error))) throw error;
  }
  const parser = new Parser();
  for (const event of ['warn', 'error'] as const) {
    parser.on(event, ({ message }) => {
      throw new Error(`m3u8-parser: ${message}\n${text}`);
    });
  }
  parser.push(text);
  parser.end();
  return parser.manifest;
}
