import { numberOf } from '../attributes.ts';
import { headsOf, listedParts } from '../edge.ts';
import type { MediaPlaylist, Segment, Tag } from '../model.ts';
import { fault, unless, type Fault, type Rule } from '../rule.ts';

/** Times are written in milliseconds or coarser. */
export const ROUNDING_SEC = 0.0015;

const SINGLE_TAGS = [
  '#EXT-X-VERSION',
  '#EXT-X-TARGETDURATION',
  '#EXT-X-MEDIA-SEQUENCE',
  '#EXT-X-DISCONTINUITY-SEQUENCE',
  '#EXT-X-ENDLIST',
  '#EXT-X-PLAYLIST-TYPE',
  '#EXT-X-I-FRAMES-ONLY',
  '#EXT-X-PART-INF',
  '#EXT-X-SERVER-CONTROL',
  '#EXT-X-INDEPENDENT-SEGMENTS',
];
// Tabs are left out: they separate the ids of RECENTLY-REMOVED-DATERANGES.
// oxlint-disable-next-line no-control-regex
const CONTROL_CHARACTER = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFFFD]/;
const FRAGMENTED_MP4 = /\.(?:m4s|mp4|m4v|m4a|cmf[vat]|m4f)(?:$|[?#])/;
const ISO_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}(?:Z|[+-]\d\d:?\d\d)$/;
const DECIMAL_DURATION = /^#EXTINF:\d+\./;
const SECOND_MS = 1000;
/** A jump of the wall clock larger than this is lost media, not rounding. */
const UNMARKED_LOSS_MS = 500;

const count = (playlist: MediaPlaylist, tag: string): number => playlist.tagLines.get(tag)?.length ?? 0;
const lineOf = (playlist: MediaPlaylist, tag: string): string | undefined => {
  const [first] = playlist.tagLines.get(tag) ?? [];
  return first === undefined ? undefined : playlist.lines[first];
};

const text: Rule<MediaPlaylist> = {
  id: '1-text',
  section: '4.1',
  level: 'MUST',
  sentence: 'A playlist begins with #EXTM3U and is UTF-8 without byte order mark or control characters.',
  check: (playlist) => [
    ...unless(playlist.lines[0] === '#EXTM3U', () => fault('#EXTM3U first', 'another first line', playlist.lines[0])),
    ...playlist.lines
      .filter((line) => CONTROL_CHARACTER.test(line))
      .slice(0, 1)
      .map((line) => fault('UTF-8 text', 'a control or undecodable character', line)),
  ],
};

const map: Rule<MediaPlaylist> = {
  id: '2-map',
  section: '3.1.2',
  level: 'MUST',
  sentence: 'Every fMP4 segment and part has an EXT-X-MAP in force.',
  check: (playlist) => {
    const fragmented = headsOf(playlist).filter((head) =>
      FRAGMENTED_MP4.test('uri' in head ? String(head.uri) : (head.parts[0]?.uri ?? '')),
    );
    if (fragmented.length === 0) return undefined;
    const bare = fragmented.find((head) => head.map === undefined || head.map.uri === '');
    return bare === undefined ? [] : [fault('EXT-X-MAP before it', 'none', ...bare.lines)];
  },
};

const singleTags: Rule<MediaPlaylist> = {
  id: '3-single-tags',
  section: '4.4.3',
  level: 'MUST',
  sentence: 'A media playlist has at most one of each media playlist tag.',
  check: (playlist) =>
    SINGLE_TAGS.filter((tag) => count(playlist, tag) > 1).map((tag) =>
      fault(`one ${tag}`, `${count(playlist, tag)} of them`, lineOf(playlist, tag)),
    ),
};

const sequencesFirst: Rule<MediaPlaylist> = {
  id: '3-sequences-first',
  section: '4.4.3.2',
  level: 'MUST',
  sentence: 'MEDIA-SEQUENCE and DISCONTINUITY-SEQUENCE come before the first segment.',
  check: (playlist) => {
    const { tagLines } = playlist;
    const firsts = ['#EXTINF', '#EXT-X-PART', '#EXT-X-SKIP', '#EXT-X-DISCONTINUITY'].map(
      (tag) => tagLines.get(tag)?.[0] ?? Infinity,
    );
    const firstSegmentLine = Math.min(...firsts);
    const sequences = ['#EXT-X-MEDIA-SEQUENCE', '#EXT-X-DISCONTINUITY-SEQUENCE'].filter((tag) => tagLines.has(tag));
    if (sequences.length === 0 || firstSegmentLine === Infinity) return undefined;
    return sequences
      .filter((tag) => (tagLines.get(tag)?.[0] ?? 0) > firstSegmentLine)
      .map((tag) => fault(`${tag} before line ${firstSegmentLine + 1}`, 'after it', lineOf(playlist, tag)));
  },
};

/** rfc8216bis 8: the lowest version that has every tag in use. */
function neededVersion(playlist: MediaPlaylist): number {
  const skip = playlist.skips[0];
  if (skip?.attributes.has('RECENTLY-REMOVED-DATERANGES') === true) return 10;
  if (skip !== undefined) return 9;
  if (playlist.tagLines.has('#EXT-X-DEFINE'))
    return /QUERYPARAM=/.test(lineOf(playlist, '#EXT-X-DEFINE') ?? '') ? 11 : 8;
  if (playlist.tagLines.has('#EXT-X-MAP')) return playlist.iFramesOnly ? 5 : 6;
  if (playlist.iFramesOnly || playlist.tagLines.has('#EXT-X-BYTERANGE')) return 4;
  return playlist.lines.some((line) => DECIMAL_DURATION.test(line)) ? 3 : 1;
}

const version: Rule<MediaPlaylist> = {
  id: '4-version',
  section: '8',
  level: 'MUST',
  sentence: 'EXT-X-VERSION is high enough for the tags in use.',
  check: (playlist) => {
    const needed = neededVersion(playlist);
    return unless(playlist.version >= needed, () =>
      fault(`version ${needed} or more`, String(playlist.version), lineOf(playlist, '#EXT-X-VERSION')),
    );
  },
};

const versionNotHigher: Rule<MediaPlaylist> = {
  id: '4-version-not-higher',
  section: '6.2.1',
  level: 'SHOULD',
  sentence: 'EXT-X-VERSION is no higher than the tags in use need.',
  check: (playlist) => {
    const needed = neededVersion(playlist);
    return unless(playlist.version <= needed, () =>
      fault(`version ${needed}`, String(playlist.version), lineOf(playlist, '#EXT-X-VERSION')),
    );
  },
};

const targetDuration: Rule<MediaPlaylist> = {
  id: '5-target-duration',
  section: '4.4.3.1',
  level: 'MUST',
  sentence: 'TARGETDURATION is an integer of at least 1 and no EXTINF rounds to more.',
  check: (playlist) => {
    const target = playlist.targetDurationSec;
    if (target === undefined || target < 1 || !Number.isInteger(target)) {
      return [fault('an integer of 1 or more', String(target), lineOf(playlist, '#EXT-X-TARGETDURATION'))];
    }
    return playlist.segments
      .filter(({ durationSec }) => Math.round(durationSec) > target)
      .map((segment) =>
        fault(`EXTINF of at most ${target} s when rounded`, `${segment.durationSec} s`, ...segment.lines),
      );
  },
};

const neighboursOf = (playlist: MediaPlaylist): Array<readonly [Segment, Segment]> =>
  playlist.segments.slice(1).flatMap((segment, index) => {
    const before = playlist.segments[index];
    return before === undefined ? [] : [[before, segment] as const];
  });

/** How much later, ms, than the end of the first the second begins; undefined when one has no wall clock. */
function jumpMs([before, after]: readonly [Segment, Segment]): number | undefined {
  if (before.startEpochMs === undefined || after.programDateTime === undefined) return undefined;
  return after.startEpochMs === undefined
    ? undefined
    : after.startEpochMs - before.startEpochMs - before.durationSec * SECOND_MS;
}

const lossIsMarked: Rule<MediaPlaylist> = {
  id: '14-loss-is-marked',
  section: '6.2.1',
  level: 'MUST',
  sentence: 'Lost media is filled by GAP segments that add up to it, or begins with a DISCONTINUITY.',
  check: (playlist) => {
    const timed = neighboursOf(playlist).filter((pair) => pair[1].discontinuities === 0 && jumpMs(pair) !== undefined);
    if (timed.length === 0) return undefined;
    return timed
      .filter((pair) => (jumpMs(pair) ?? 0) > UNMARKED_LOSS_MS)
      .map((pair) =>
        fault('the wall clock to go on', `a jump of ${jumpMs(pair)} ms`, ...pair[0].lines, ...pair[1].lines),
      );
  },
};

const noHintsAtEnd: Rule<MediaPlaylist> = {
  id: '15-no-hint-at-end',
  section: '4.4.5.3',
  level: 'MUST',
  sentence: 'A playlist with ENDLIST has no PRELOAD-HINT.',
  check: (playlist) =>
    playlist.ended
      ? playlist.hints.slice(0, 1).map((hint) => fault('no PRELOAD-HINT beside ENDLIST', 'one', hint.line))
      : undefined,
};

const hasDateTime: Rule<MediaPlaylist> = {
  id: '16-date-time',
  section: 'B.1',
  level: 'client',
  sentence: 'A live media playlist carries PROGRAM-DATE-TIME in milliseconds and with a zone.',
  check: (playlist) => {
    const heads = headsOf(playlist);
    if (heads.length === 0) return undefined;
    const written = heads.map(({ programDateTime }) => programDateTime).filter((time) => time !== undefined);
    if (written.length === 0) return [fault('PROGRAM-DATE-TIME', 'none', ...(heads[0]?.lines ?? []))];
    return written
      .filter((time) => !ISO_INSTANT.test(time))
      .slice(0, 1)
      .map((time) => fault('milliseconds and a zone', time));
  },
};

const dateTimeAfterDiscontinuity: Rule<MediaPlaylist> = {
  id: '16-date-time-at-discontinuity',
  section: '6.2.1',
  level: 'SHOULD',
  sentence: 'A segment with DISCONTINUITY has its own PROGRAM-DATE-TIME.',
  check: (playlist) => {
    const broken = headsOf(playlist).filter(({ discontinuities }) => discontinuities > 0);
    if (broken.length === 0) return undefined;
    return broken
      .filter(({ programDateTime }) => programDateTime === undefined)
      .map((head) => fault('PROGRAM-DATE-TIME beside DISCONTINUITY', 'none', ...head.lines));
  },
};

const unambiguousClock: Rule<MediaPlaylist> = {
  id: '16-clock-unambiguous',
  section: '6.2.1',
  level: 'MUST',
  sentence: 'No wall-clock second belongs to two segments.',
  check: (playlist) => {
    const timed = neighboursOf(playlist).filter((pair) => jumpMs(pair) !== undefined);
    if (timed.length === 0) return undefined;
    return timed
      .filter((pair) => (jumpMs(pair) ?? 0) <= -SECOND_MS)
      .map((pair) =>
        fault(
          'to begin where the one before ends',
          `${jumpMs(pair)} ms from there`,
          ...pair[0].lines,
          ...pair[1].lines,
        ),
      );
  },
};

const noDirectivesInUris: Rule<MediaPlaylist> = {
  id: '50-no-directives-in-uris',
  section: '6.2.5',
  level: 'client',
  sentence: 'No URI of a playlist carries a delivery directive.',
  check: (playlist) =>
    playlist.lines
      .filter((line) => line.includes('_HLS_'))
      .slice(0, 1)
      .map((line) => fault('a URI without _HLS_ parameters', 'one with', line)),
};

function isRange({ attributes }: Tag): boolean {
  const startDate = attributes.get('START-DATE') ?? '';
  const startMs = Date.parse(startDate);
  const endMs = Date.parse(attributes.get('END-DATE') ?? startDate);
  return (attributes.get('ID') ?? '') !== '' && endMs >= startMs && (numberOf(attributes, 'DURATION') ?? 0) >= 0;
}

const dateRanges: Rule<MediaPlaylist> = {
  id: '43-date-range',
  section: '4.4.5.1',
  level: 'MUST',
  sentence:
    'A DATERANGE has an ID and a START-DATE, its end is not before its start, and the playlist has PROGRAM-DATE-TIME.',
  check: (playlist) => {
    if (playlist.dateRanges.length === 0) return undefined;
    const faults: Fault[] = [];
    if (!playlist.tagLines.has('#EXT-X-PROGRAM-DATE-TIME') && playlist.skips.length === 0) {
      faults.push(fault('PROGRAM-DATE-TIME beside DATERANGE', 'none', playlist.dateRanges[0]?.line));
    }
    for (const range of playlist.dateRanges) {
      if (!isRange(range)) faults.push(fault('ID, START-DATE and no negative duration', 'something else', range.line));
    }
    return faults;
  },
};

/** Whether any part is listed. */
export const hasParts = (playlist: MediaPlaylist): boolean => listedParts(playlist).length > 0;

/** What one media playlist must be, whatever came before it. */
export const playlistRules: ReadonlyArray<Rule<MediaPlaylist>> = [
  text,
  map,
  singleTags,
  sequencesFirst,
  version,
  versionNotHigher,
  targetDuration,
  lossIsMarked,
  noHintsAtEnd,
  hasDateTime,
  dateTimeAfterDiscontinuity,
  unambiguousClock,
  dateRanges,
  noDirectivesInUris,
];
