import { isYes, numberOf } from '../attributes.ts';
import { durationSecOf, headsOf, openDurationSec, partFacts, segmentFacts } from '../edge.ts';
import type { MediaPlaylist, Tag } from '../model.ts';
import { readMediaPlaylist } from '../read-media-playlist.ts';
import { fault, unless, type Fault, type Rule } from '../rule.ts';

/** A delta update beside the full playlist of the same revision and the full one that the client has. */
export interface DeltaSubject {
  readonly previousFull: MediaPlaylist;
  /** The answer to `_HLS_skip`, as it came. */
  readonly delta: MediaPlaylist;
  readonly full: MediaPlaylist;
  readonly asked: 'YES' | 'v2';
}

const MAX_DIFFERENCES = 3;

const skipped = (delta: MediaPlaylist): number => numberOf(delta.skips[0]?.attributes, 'SKIPPED-SEGMENTS') ?? 0;
const boundarySec = (playlist: MediaPlaylist): number | undefined =>
  numberOf(playlist.serverControl?.attributes, 'CAN-SKIP-UNTIL');

/** Whether both answers are of one revision, so that they can be compared number by number. */
const ofOneRevision = ({ delta, full }: DeltaSubject): boolean => newestUri(delta) === newestUri(full);
const newestUri = ({ segments, open }: MediaPlaylist): string | undefined =>
  open?.parts.at(-1)?.uri ?? segments.at(-1)?.uri;

/** Segments that end farther from the end of the playlist than the boundary. */
function oldSegments(full: MediaPlaylist, boundary: number): number {
  let distanceSec = 0;
  let count = full.segments.length;
  for (const { durationSec } of full.segments.toReversed()) {
    if (distanceSec > boundary) break;
    distanceSec += durationSec;
    count -= 1;
  }
  return count;
}

const skipHonoured: Rule<DeltaSubject> = {
  id: '33-skip-honoured',
  section: '6.2.5.1',
  level: 'MUST',
  sentence:
    '_HLS_skip gives a delta update where CAN-SKIP-UNTIL is stated and something is old enough, else a full playlist.',
  check: ({ delta, full }) => {
    const boundary = boundarySec(full);
    if (boundary === undefined || full.ended) {
      return unless(delta.skips.length === 0, () => fault('the full playlist', 'EXT-X-SKIP', delta.skips[0]?.line));
    }
    const old = oldSegments(full, boundary);
    if (old === 0) return undefined;
    return unless(delta.skips.length > 0, () =>
      fault(`EXT-X-SKIP: ${old} segments are older than ${boundary} s`, 'none', full.serverControl?.line),
    );
  },
};

const oneSkip: Rule<DeltaSubject> = {
  id: '34-one-skip',
  section: '4.4.5.2',
  level: 'MUST',
  sentence: 'A delta update has one EXT-X-SKIP.',
  check: ({ delta }) =>
    delta.skips.length === 0
      ? undefined
      : unless(delta.skips.length === 1, () =>
          fault('one', String(delta.skips.length), ...delta.skips.map(({ line }) => line)),
        ),
};

const skipsSomething: Rule<DeltaSubject> = {
  id: '34-skips-something',
  section: '4.4.5.2',
  level: 'client',
  sentence: 'A delta update skips at least one segment; with none old enough the full playlist is sent.',
  check: ({ delta }) =>
    delta.skips.length === 0
      ? undefined
      : unless(skipped(delta) >= 1, () =>
          fault('SKIPPED-SEGMENTS of 1 or more', String(skipped(delta)), delta.skips[0]?.line),
        ),
};

const boundaryKept: Rule<DeltaSubject> = {
  id: '34-skip-boundary',
  section: '6.2.5.1',
  level: 'MUST',
  sentence: 'Only segments farther from the end than CAN-SKIP-UNTIL are skipped.',
  check: ({ delta, full }) => {
    const boundary = boundarySec(full);
    if (delta.skips.length === 0 || boundary === undefined) return undefined;
    const remaining = full.segments.filter(
      ({ mediaSequence }) => mediaSequence >= delta.mediaSequence + skipped(delta),
    );
    const newestSkipped = full.segments.find(
      ({ mediaSequence }) => mediaSequence === delta.mediaSequence + skipped(delta) - 1,
    );
    // Lenient: it is enough that the newest skipped segment begins beyond the boundary.
    const reachSec = durationSecOf(remaining) + openDurationSec(full) + (newestSkipped?.durationSec ?? 0);
    return unless(reachSec >= boundary, () =>
      fault(`skipped segments to begin ${boundary} s from the end`, `${reachSec.toFixed(3)} s`, delta.skips[0]?.line),
    );
  },
};

const sequencesKept: Rule<DeltaSubject> = {
  id: '34-sequences',
  section: '6.2.5.1',
  level: 'MUST',
  sentence: 'A delta update has the MEDIA-SEQUENCE and DISCONTINUITY-SEQUENCE of the full playlist.',
  check: (subject) => {
    const { delta, full } = subject;
    if (delta.skips.length === 0 || !ofOneRevision(subject)) return undefined;
    return unless(
      delta.mediaSequence === full.mediaSequence && delta.discontinuitySequence === full.discontinuitySequence,
      () =>
        fault(
          `${full.mediaSequence} and ${full.discontinuitySequence}`,
          `${delta.mediaSequence} and ${delta.discontinuitySequence}`,
        ),
    );
  },
};

const skippedCount: Rule<DeltaSubject> = {
  id: '34-skipped-segments',
  section: '4.4.5.2',
  level: 'MUST',
  sentence: 'SKIPPED-SEGMENTS is the number of segments left out.',
  check: ({ delta, full }) => {
    const listed = delta.segments[0];
    if (delta.skips.length === 0 || listed === undefined) return undefined;
    const whole = full.segments.find(({ uri }) => uri === listed.uri);
    if (whole === undefined) return undefined;
    const left = whole.mediaSequence - delta.mediaSequence;
    return unless(left === skipped(delta), () =>
      fault(`SKIPPED-SEGMENTS=${left}`, String(skipped(delta)), delta.skips[0]?.line),
    );
  },
};

const dateRangesSkipped: Rule<DeltaSubject> = {
  id: '35-date-ranges',
  section: '4.4.5.2',
  level: 'MUST',
  sentence: 'Only an answer to v2 with CAN-SKIP-DATERANGES leaves date ranges out, and it names the removed ones.',
  check: (subject) => {
    const { delta, full, asked } = subject;
    if (delta.skips.length === 0 || full.dateRanges.length === 0 || !ofOneRevision(subject)) return undefined;
    const may = asked === 'v2' && isYes(full.serverControl?.attributes, 'CAN-SKIP-DATERANGES');
    const left = full.dateRanges.length - delta.dateRanges.length;
    const named = delta.skips[0]?.attributes.has('RECENTLY-REMOVED-DATERANGES') === true;
    if (may) {
      return unless(named || left === 0, () => fault('RECENTLY-REMOVED-DATERANGES', 'none', delta.skips[0]?.line));
    }
    return unless(left <= 0, () => fault('every DATERANGE', `${left} left out`, delta.skips[0]?.line));
  },
};

const merges: Rule<DeltaSubject> = {
  id: '36-merge',
  section: '6.3.7',
  level: 'MUST',
  sentence: 'The client’s copy merged with the delta update equals the full playlist.',
  check: (subject) => {
    if (subject.delta.skips.length === 0 || !ofOneRevision(subject)) return undefined;
    const merged = readMediaPlaylist(subject.delta.text, subject.delta.url, subject.previousFull);
    // A client whose copy is too old asks again without the directive.
    if (merged.missing > 0 && subject.previousFull.mediaSequence > merged.mediaSequence) return undefined;
    return differences(linesToCompare(subject.full), linesToCompare(merged, subject), subject.delta);
  },
};

/** What both must say, in order. */
function linesToCompare(playlist: MediaPlaylist, merged?: DeltaSubject): string[] {
  return [
    ...headsOf(playlist).map((head) =>
      [
        head.mediaSequence,
        head.discontinuitySequence,
        'uri' in head ? segmentFacts(head as MediaPlaylist['segments'][number]) : head.map?.uri,
        ...head.parts.map(partFacts),
      ].join(' '),
    ),
    ...rangesOf(playlist, merged).toSorted(),
    ...playlist.hints.map(({ line }) => line),
    ...(playlist.ended ? ['#EXT-X-ENDLIST'] : []),
  ];
}

/** v2: the client keeps the ranges it has, less those named as removed. */
function rangesOf(playlist: MediaPlaylist, merged: DeltaSubject | undefined): string[] {
  const own = playlist.dateRanges.map(({ line }) => line);
  const named = merged?.delta.skips[0]?.attributes.get('RECENTLY-REMOVED-DATERANGES');
  if (merged === undefined || named === undefined) return own;
  const removed = new Set(named.split('\t'));
  const kept = merged.previousFull.dateRanges.filter(({ attributes }) => !removed.has(attributes.get('ID') ?? ''));
  return [...new Set([...kept.map(({ line }: Tag) => line), ...own])];
}

function differences(full: readonly string[], merged: readonly string[], delta: MediaPlaylist): Fault[] {
  const missing = full.filter((line) => !merged.includes(line));
  const extra = merged.filter((line) => !full.includes(line));
  if (missing.length + extra.length === 0 && full.length === merged.length) return [];
  return [
    fault(
      `${full.length} entries as in the full playlist`,
      `${merged.length} entries, ${missing.length} missing, ${extra.length} others`,
      ...delta.skips.map(({ line }) => line),
      ...missing.slice(0, MAX_DIFFERENCES),
      ...extra.slice(0, MAX_DIFFERENCES),
    ),
  ];
}

/** What a delta update must be. */
export const deltaRules: ReadonlyArray<Rule<DeltaSubject>> = [
  skipHonoured,
  oneSkip,
  skipsSomething,
  boundaryKept,
  sequencesKept,
  skippedCount,
  dateRangesSkipped,
  merges,
];
