import { isYes, numberOf, readAttributes, readNumber, type Attributes } from './attributes.ts';
import type { ByteRange, MediaMap, MediaPlaylist, Part, Segment, SegmentHead, Tag } from './model.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What the lines read so far say about the segment to come. */
interface Pending {
  durationSec: number | undefined;
  discontinuities: number;
  gap: boolean;
  byteRange: ByteRange | undefined;
  programDateTime: string | undefined;
  parts: Part[];
  lines: string[];
}

interface Reading {
  readonly playlist: Writable<MediaPlaylist> & {
    segments: Segment[];
    hints: Tag[];
    reports: Tag[];
    dateRanges: Tag[];
    skips: Tag[];
  };
  readonly base: MediaPlaylist | undefined;
  pending: Pending;
  map: MediaMap | undefined;
  key: string;
  nextMediaSequence: number;
  discontinuitySequence: number;
  /** Where the last range of each resource ended, since the next may go on there. */
  readonly rangeEnds: Map<string, number>;
  /** Where the segment to come begins by the one before. */
  nextEpochMs: number | undefined;
}

const nothingPending = (): Pending => ({
  durationSec: undefined,
  discontinuities: 0,
  gap: false,
  byteRange: undefined,
  programDateTime: undefined,
  parts: [],
  lines: [],
});

/** Reads a media playlist leniently; see {@link readPlaylist}. */
export function readMediaPlaylist(source: string, url: string, base?: MediaPlaylist): MediaPlaylist {
  const lines = source.split(/\r?\n/);
  const tagLines = new Map<string, number[]>();
  const reading = begin({ text: source, url, lines, tagLines, base });
  for (const [index, text] of lines.entries()) {
    const line = index === 0 ? text.replace(/^\uFEFF/, '') : text;
    if (line === '') continue;
    if (!line.startsWith('#')) takeUri(reading, line);
    else if (line.startsWith('#EXT')) takeTag(reading, { line, index, tagLines });
  }
  const { parts, lines: openLines } = reading.pending;
  if (parts.length > 0) reading.playlist.open = { ...headOf(reading), lines: openLines };
  return reading.playlist;
}

function begin(
  source: Pick<MediaPlaylist, 'text' | 'url' | 'lines' | 'tagLines'> & { base: MediaPlaylist | undefined },
): Reading {
  const { base, ...rest } = source;
  return {
    playlist: {
      kind: 'media',
      ...rest,
      version: 1,
      targetDurationSec: undefined,
      mediaSequence: 0,
      discontinuitySequence: 0,
      playlistType: undefined,
      ended: false,
      iFramesOnly: false,
      serverControl: undefined,
      partTargetSec: undefined,
      segments: [],
      open: undefined,
      hints: [],
      reports: [],
      dateRanges: [],
      skips: [],
      missing: 0,
    },
    base,
    pending: nothingPending(),
    map: undefined,
    key: '',
    nextMediaSequence: 0,
    discontinuitySequence: 0,
    rangeEnds: new Map(),
    nextEpochMs: undefined,
  };
}

function takeTag(
  reading: Reading,
  { line, index, tagLines }: { line: string; index: number; tagLines: Map<string, number[]> },
): void {
  const colon = line.indexOf(':');
  const name = colon < 0 ? line : line.slice(0, colon);
  const seen = tagLines.get(name);
  if (seen === undefined) tagLines.set(name, [index]);
  else seen.push(index);
  if (SEGMENT_TAGS.has(name)) reading.pending.lines.push(line);
  TAGS[name]?.(reading, colon < 0 ? '' : line.slice(colon + 1), line);
}

const SEGMENT_TAGS = new Set([
  '#EXTINF',
  '#EXT-X-BYTERANGE',
  '#EXT-X-DISCONTINUITY',
  '#EXT-X-KEY',
  '#EXT-X-MAP',
  '#EXT-X-PROGRAM-DATE-TIME',
  '#EXT-X-GAP',
  '#EXT-X-BITRATE',
  '#EXT-X-PART',
]);

const tagOf = (text: string, line: string): Tag => ({ attributes: readAttributes(text), line });

const TAGS: Readonly<Record<string, (reading: Reading, text: string, line: string) => void>> = {
  '#EXT-X-VERSION': ({ playlist }, text) => {
    playlist.version = readNumber(text) ?? 1;
  },
  '#EXT-X-TARGETDURATION': ({ playlist }, text) => {
    playlist.targetDurationSec = readNumber(text);
  },
  '#EXT-X-MEDIA-SEQUENCE': (reading, text) => {
    reading.playlist.mediaSequence = readNumber(text) ?? 0;
    reading.nextMediaSequence = reading.playlist.mediaSequence;
  },
  '#EXT-X-DISCONTINUITY-SEQUENCE': (reading, text) => {
    reading.playlist.discontinuitySequence = readNumber(text) ?? 0;
    reading.discontinuitySequence = reading.playlist.discontinuitySequence;
  },
  '#EXT-X-PLAYLIST-TYPE': ({ playlist }, text) => {
    playlist.playlistType = text;
  },
  '#EXT-X-ENDLIST': ({ playlist }) => {
    playlist.ended = true;
  },
  '#EXT-X-I-FRAMES-ONLY': ({ playlist }) => {
    playlist.iFramesOnly = true;
  },
  '#EXT-X-SERVER-CONTROL': ({ playlist }, text, line) => {
    playlist.serverControl = tagOf(text, line);
  },
  '#EXT-X-PART-INF': ({ playlist }, text) => {
    playlist.partTargetSec = numberOf(readAttributes(text), 'PART-TARGET');
  },
  '#EXT-X-PRELOAD-HINT': ({ playlist }, text, line) => {
    playlist.hints.push(tagOf(text, line));
  },
  '#EXT-X-RENDITION-REPORT': ({ playlist }, text, line) => {
    playlist.reports.push(tagOf(text, line));
  },
  '#EXT-X-DATERANGE': ({ playlist }, text, line) => {
    playlist.dateRanges.push(tagOf(text, line));
  },
  '#EXT-X-SKIP': (reading, text, line) => skip(reading, tagOf(text, line)),
  '#EXT-X-MAP': (reading, text, line) => {
    const attributes = readAttributes(text);
    const byteRange = byteRangeOf(attributes.get('BYTERANGE'));
    reading.map = { uri: attributes.get('URI') ?? '', byteRange, line };
  },
  '#EXT-X-KEY': (reading, text) => {
    reading.key = text;
  },
  '#EXTINF': ({ pending }, text) => {
    pending.durationSec = readNumber(text.split(',', 1)[0] ?? '');
  },
  '#EXT-X-BYTERANGE': ({ pending }, text) => {
    pending.byteRange = byteRangeOf(text);
  },
  '#EXT-X-DISCONTINUITY': ({ pending }) => {
    pending.discontinuities += 1;
  },
  '#EXT-X-PROGRAM-DATE-TIME': ({ pending }, text) => {
    pending.programDateTime = text.trim();
  },
  '#EXT-X-GAP': ({ pending }) => {
    pending.gap = true;
  },
  '#EXT-X-PART': ({ pending, rangeEnds }, text, line) => {
    const part = partOf(readAttributes(text), line);
    pending.parts.push({ ...part, byteRange: placed(part.byteRange, `part ${part.uri}`, rangeEnds) });
  },
};

const partOf = (attributes: Attributes, line: string): Part => ({
  uri: attributes.get('URI') ?? '',
  durationSec: numberOf(attributes, 'DURATION') ?? 0,
  independent: isYes(attributes, 'INDEPENDENT'),
  gap: isYes(attributes, 'GAP'),
  byteRange: byteRangeOf(attributes.get('BYTERANGE')),
  line,
});

function byteRangeOf(text: string | undefined): ByteRange | undefined {
  if (text === undefined) return undefined;
  const [length = '', start] = text.split('@');
  return { lengthBytes: readNumber(length), startBytes: start === undefined ? undefined : readNumber(start) };
}

/** rfc8216bis 4.4.4.2: a range without a start goes on after the one before of the same resource. */
function placed(range: ByteRange | undefined, of: string, ends: Map<string, number>): ByteRange | undefined {
  if (range?.lengthBytes === undefined) return range;
  const startBytes = range.startBytes ?? ends.get(of) ?? 0;
  ends.set(of, startBytes + range.lengthBytes);
  return { ...range, startBytes };
}

function headOf(reading: Reading): Omit<SegmentHead, 'lines'> {
  const { pending } = reading;
  const ownEpochMs = pending.programDateTime === undefined ? Number.NaN : Date.parse(pending.programDateTime);
  return {
    mediaSequence: reading.nextMediaSequence,
    discontinuitySequence: reading.discontinuitySequence + pending.discontinuities,
    discontinuities: pending.discontinuities,
    map: reading.map,
    key: reading.key,
    programDateTime: pending.programDateTime,
    startEpochMs: Number.isFinite(ownEpochMs)
      ? ownEpochMs
      : pending.discontinuities > 0
        ? undefined
        : reading.nextEpochMs,
    parts: pending.parts,
  };
}

function takeUri(reading: Reading, uri: string): void {
  const { pending } = reading;
  const segment: Segment = {
    ...headOf(reading),
    uri,
    durationSec: pending.durationSec ?? 0,
    gap: pending.gap,
    byteRange: placed(pending.byteRange, `segment ${uri}`, reading.rangeEnds),
    lines: [...pending.lines, uri],
  };
  reading.playlist.segments.push(segment);
  reading.pending = nothingPending();
  goOnAfter(reading, segment);
}

function goOnAfter(reading: Reading, segment: Segment): void {
  reading.nextMediaSequence = segment.mediaSequence + 1;
  reading.discontinuitySequence = segment.discontinuitySequence;
  reading.nextEpochMs =
    segment.startEpochMs === undefined ? undefined : segment.startEpochMs + segment.durationSec * 1000;
}

/** rfc8216bis 6.3.7: the client's own copy stands for what is skipped. */
function skip(reading: Reading, tag: Tag): void {
  const { playlist, base } = reading;
  playlist.skips.push(tag);
  const first = reading.nextMediaSequence;
  const count = numberOf(tag.attributes, 'SKIPPED-SEGMENTS') ?? 0;
  if (base === undefined) {
    reading.nextMediaSequence = first + count;
    return;
  }
  const known = base.segments.filter(({ mediaSequence }) => mediaSequence >= first && mediaSequence < first + count);
  playlist.missing += count - known.length;
  playlist.segments.push(...known);
  const last = known.at(-1);
  reading.nextMediaSequence = first + count;
  if (last === undefined) return;
  reading.map = last.map;
  reading.key = last.key;
  goOnAfter(reading, last);
}
