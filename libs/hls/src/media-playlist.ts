import { checkedUri, decimalInteger, decimalSeconds } from './attributes.ts';
import { PlaylistError } from './playlist-error.ts';
import { ProgramDateTimeFormat } from './program-date-time.ts';

/** EXT-X-MAP: the media initialization section that a segment needs. */
export interface MediaMap {
  uri: string;
}

/** One media segment as a playlist lists it. `durationMs` and `startEpochMs` may be fractional. */
export interface PlaylistSegment {
  uri: string;
  mediaSequence: number;
  durationMs: number;
  /** Wall clock of the first sample; rounded to the millisecond in EXT-X-PROGRAM-DATE-TIME. */
  startEpochMs: number;
  discontinuitySequence: number;
  map: MediaMap;
  /** Absent media (EXT-X-GAP); its URI may answer 404. */
  gap?: boolean;
}

/** A media playlist. Segments are in order, each mediaSequence one above that of its neighbour. */
export interface MediaPlaylist {
  /** Fixed for the life of the playlist's URL; the owner of the segments keeps every rounded EXTINF within it. */
  targetDurationSec: number;
  /** Absent in a sliding live playlist. */
  playlistType?: 'EVENT' | 'VOD';
  segments: readonly PlaylistSegment[];
  endList: boolean;
  /** The numbers of a playlist without segments; required then, ignored otherwise. */
  emptyAt?: { mediaSequence: number; discontinuitySequence: number };
}

const MAP_VERSION = 6;
const GAP_VERSION = 8;
const MAX_DISCONTINUITIES_BETWEEN_NEIGHBOURS = 10_000;

/** Renders a media playlist (rfc8216bis 4.4.3, 4.4.4). Throws PlaylistError when the model breaks a rule, above all when media sequence numbers jump or discontinuity sequence numbers fall. */
export function renderMediaPlaylist(playlist: MediaPlaylist): string {
  const lines = headLines(playlist);
  const dateTime = new ProgramDateTimeFormat();
  let previous: PlaylistSegment | undefined;
  for (const segment of playlist.segments) {
    pushContextLines(lines, segment, previous);
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${dateTime.format(segment.startEpochMs)}`);
    if (segment.gap === true) lines.push('#EXT-X-GAP');
    lines.push(`#EXTINF:${decimalSeconds('EXTINF', segment.durationMs)},`, checkedUri(segment.uri));
    previous = segment;
  }
  if (playlist.endList) lines.push('#EXT-X-ENDLIST');
  lines.push('');
  return lines.join('\n');
}

function headLines(playlist: MediaPlaylist): string[] {
  const first = playlist.segments[0] ?? playlist.emptyAt;
  if (first === undefined) throw new PlaylistError('media playlist: expected segments or emptyAt, got neither');
  const version = playlist.segments.some((segment) => segment.gap === true) ? GAP_VERSION : MAP_VERSION;
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${version}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-TARGETDURATION:${decimalInteger('targetDurationSec', playlist.targetDurationSec, 1)}`,
  ];
  if (playlist.playlistType !== undefined) lines.push(`#EXT-X-PLAYLIST-TYPE:${playlist.playlistType}`);
  lines.push(
    `#EXT-X-MEDIA-SEQUENCE:${decimalInteger('mediaSequence', first.mediaSequence, 0)}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${decimalInteger('discontinuitySequence', first.discontinuitySequence, 0)}`,
  );
  return lines;
}

/** What has changed since the segment before. */
function pushContextLines(lines: string[], segment: PlaylistSegment, previous: PlaylistSegment | undefined): void {
  const discontinuities = previous === undefined ? 0 : discontinuitiesBetween(previous, segment);
  for (let count = 0; count < discontinuities; count++) lines.push('#EXT-X-DISCONTINUITY');
  if (segment.map.uri !== previous?.map.uri) lines.push(`#EXT-X-MAP:URI="${checkedUri(segment.map.uri)}"`);
}

/** Neighbours may be several discontinuities apart: a track can lack a whole epoch that another track has. */
function discontinuitiesBetween(previous: PlaylistSegment, segment: PlaylistSegment): number {
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
