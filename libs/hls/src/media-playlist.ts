import { checkedUri, decimalInteger, decimalSeconds } from './attributes.ts';
import { dateRangeLine } from './date-range.ts';
import { skippedTags } from './delta-update.ts';
import type { SkipDirective } from './delivery-directives.ts';
import { listableParts } from './listable-parts.ts';
import { PlaylistError } from './playlist-error.ts';
import { headLines } from './playlist-head.ts';
import type {
  MediaPlaylist,
  OpenPlaylistSegment,
  PlaylistPart,
  PlaylistSegment,
  PreloadHint,
  RenditionReport,
} from './playlist-model.ts';
import { ProgramDateTimeFormat } from './program-date-time.ts';

// rfc8216bis 6.2.2: parts are taken off the list once they are farther from its end.
const TARGET_DURATIONS_WITH_PARTS = 3;
const ROUNDING_GRAIN_MS = 1;
const MAX_DISCONTINUITIES_BETWEEN_NEIGHBOURS = 10_000;

type Neighbour = Pick<PlaylistSegment, 'mediaSequence' | 'discontinuitySequence' | 'map'>;

/** What of the model is shown. */
interface Shown {
  /** Index of the first segment that no EXT-X-SKIP stands for. */
  firstShown: number;
  /** With parts that may be listed, or undefined. */
  open: OpenPlaylistSegment | undefined;
  dateTime: ProgramDateTimeFormat;
}

/** Renders a media playlist (rfc8216bis 4.4.3 to 4.4.5), or with `skip` its delta update where it offers one and has something old enough to leave out. Throws PlaylistError when the model breaks a rule, above all when media sequence numbers jump or discontinuity sequence numbers fall. */
export function renderMediaPlaylist(playlist: MediaPlaylist, { skip }: { skip?: SkipDirective } = {}): string {
  const open = listedOpenSegment(playlist);
  const first = playlist.segments[0] ?? open ?? playlist.emptyAt;
  if (first === undefined) throw new PlaylistError('media playlist: expected segments or emptyAt, got neither');
  const skipped = skippedTags(playlist, skip);
  const lines = headLines(playlist, first, skipped);
  const dateTime = new ProgramDateTimeFormat();
  const dateRanges = skipped?.dateRanges ?? playlist.dateRanges ?? [];
  for (const range of dateRanges) lines.push(dateRangeLine(range, dateTime));
  pushSegments(lines, playlist, { firstShown: skipped?.segmentCount ?? 0, open, dateTime });
  pushTail(lines, playlist);
  lines.push('');
  return lines.join('\n');
}

/** Without a part, nothing of the segment in production can be listed. */
function listedOpenSegment({ open, partTargetMs }: MediaPlaylist): OpenPlaylistSegment | undefined {
  return listableParts(open?.parts, partTargetMs).length > 0 ? open : undefined;
}

function pushSegments(lines: string[], playlist: MediaPlaylist, { firstShown, open, dateTime }: Shown): void {
  const { segments, partTargetMs } = playlist;
  const firstWithParts = firstSegmentWithParts(playlist, open?.parts ?? []);
  let previous: Neighbour | undefined = segments[firstShown - 1];
  for (const [index, segment] of segments.entries()) {
    if (index < firstShown) continue;
    pushContext(lines, segment, { previous, dateTime });
    if (segment.gap === true) lines.push('#EXT-X-GAP');
    if (index >= firstWithParts) pushParts(lines, listableParts(segment.parts, partTargetMs));
    pushWhole(lines, segment);
    previous = segment;
  }
  if (open === undefined) return;
  pushContext(lines, open, { previous, dateTime });
  pushParts(lines, open.parts);
}

/** The index from which on segments show their parts: those that begin within three target durations of the end. Whole segments, as a part is counted from the first one listed. */
function firstSegmentWithParts(playlist: MediaPlaylist, openParts: readonly PlaylistPart[]): number {
  const { segments, partTargetMs, targetDurationSec } = playlist;
  if (partTargetMs === undefined) return segments.length;
  // The parts of a segment and the segment itself are rounded apart: a grain more, lest parts return as it closes.
  let roomMs = TARGET_DURATIONS_WITH_PARTS * targetDurationSec * 1000 + ROUNDING_GRAIN_MS;
  for (const part of openParts) roomMs -= part.durationMs;
  let index = segments.length;
  while (index > 0) {
    roomMs -= segments[index - 1]?.durationMs ?? 0;
    if (roomMs < 0) break;
    index--;
  }
  return index;
}

/** What has changed since the segment before, ahead of the first part (rfc8216bis 4.4.4.9), and the wall clock. */
function pushContext(
  lines: string[],
  segment: Neighbour & Pick<PlaylistSegment, 'startEpochMs'>,
  { previous, dateTime }: { previous: Neighbour | undefined; dateTime: ProgramDateTimeFormat },
): void {
  const discontinuities = previous === undefined ? 0 : discontinuitiesBetween(previous, segment);
  for (let count = 0; count < discontinuities; count++) lines.push('#EXT-X-DISCONTINUITY');
  if (segment.map !== undefined && segment.map.uri !== previous?.map?.uri) {
    lines.push(`#EXT-X-MAP:URI="${checkedUri(segment.map.uri)}"`);
  }
  lines.push(`#EXT-X-PROGRAM-DATE-TIME:${dateTime.format(segment.startEpochMs)}`);
}

function pushParts(lines: string[], parts: readonly PlaylistPart[]): void {
  for (const part of parts) {
    let line = `#EXT-X-PART:DURATION=${decimalSeconds('DURATION', part.durationMs)},URI="${checkedUri(part.uri)}"`;
    if (part.independent) line += ',INDEPENDENT=YES';
    if (part.gap === true) line += ',GAP=YES';
    lines.push(line);
  }
}

function pushWhole(lines: string[], { durationMs, byteRange, uri }: PlaylistSegment): void {
  lines.push(`#EXTINF:${decimalSeconds('EXTINF', durationMs)},`);
  if (byteRange !== undefined) {
    const sizeBytes = decimalInteger('sizeBytes', byteRange.sizeBytes, 1);
    lines.push(`#EXT-X-BYTERANGE:${sizeBytes}@${decimalInteger('offsetBytes', byteRange.offsetBytes, 0)}`);
  }
  lines.push(checkedUri(uri));
}

function pushTail(lines: string[], { preloadHints = [], renditionReports = [], endList }: MediaPlaylist): void {
  const types = new Set(preloadHints.map(({ type }) => type));
  if (types.size < preloadHints.length || (endList && types.size > 0)) {
    throw new PlaylistError(
      `preloadHints: expected ${endList ? 'none in a playlist that has ended' : 'one of each type'}, ` +
        `got ${preloadHints.map(({ type }) => type).join(', ')}`,
    );
  }
  for (const hint of preloadHints) lines.push(preloadHintLine(hint));
  for (const report of renditionReports) lines.push(renditionReportLine(report));
  if (endList) lines.push('#EXT-X-ENDLIST');
}

const preloadHintLine = ({ type, uri }: PreloadHint): string =>
  `#EXT-X-PRELOAD-HINT:TYPE=${type},URI="${checkedUri(uri)}"`;

function renditionReportLine({ uri, lastMediaSequence, lastPartIndex }: RenditionReport): string {
  const line = `#EXT-X-RENDITION-REPORT:URI="${checkedUri(uri)}",LAST-MSN=${decimalInteger('LAST-MSN', lastMediaSequence, 0)}`;
  return lastPartIndex === undefined ? line : `${line},LAST-PART=${decimalInteger('LAST-PART', lastPartIndex, 0)}`;
}

/** Neighbours may be several discontinuities apart: a track can lack a whole epoch that another track has. */
function discontinuitiesBetween(previous: Neighbour, segment: Neighbour): number {
  if (segment.mediaSequence !== previous.mediaSequence + 1) {
    throw new PlaylistError(`mediaSequence: expected ${previous.mediaSequence + 1}, got ${segment.mediaSequence}`);
  }
  const count = segment.discontinuitySequence - previous.discontinuitySequence;
  if (Number.isInteger(count) && count >= 0 && count <= MAX_DISCONTINUITIES_BETWEEN_NEIGHBOURS) return count;
  throw new PlaylistError(
    `discontinuitySequence of segment ${segment.mediaSequence}: expected ${previous.discontinuitySequence} or up to ` +
      `${MAX_DISCONTINUITIES_BETWEEN_NEIGHBOURS} more, got ${segment.discontinuitySequence}`,
  );
}
