import {
  compareEdges,
  describeEdge,
  durationSecOf,
  edgeOf,
  headsOf,
  partFacts,
  segmentFacts,
  segmentKey,
} from '../edge.ts';
import type { Segment, SegmentHead, Tag } from '../model.ts';
import { fault, unless, type Fault, type Rule } from '../rule.ts';
import type { Succession } from './succession.ts';

/** Segments listed by both, matched by URI, since the numbers are what is judged. */
interface Common {
  readonly before: Segment;
  readonly after: Segment;
}

function commonOf({ previous, next }: Succession): Common[] {
  const after = new Map(next.segments.map((segment) => [segmentKey(segment), segment]));
  return previous.segments.flatMap((before) => {
    const found = after.get(segmentKey(before));
    return found === undefined ? [] : [{ before, after: found }];
  });
}

const inf = ({ lines }: SegmentHead): string[] => lines.filter((line) => !line.startsWith('#EXT-X-PART:'));
const SAME_INSTANT_MS = 50;

const targetConstant: Rule<Succession> = {
  id: '5-target-constant',
  section: '4.4.3.1',
  level: 'MUST',
  sentence: 'TARGETDURATION never changes.',
  check: ({ previous, next }) =>
    unless(previous.targetDurationSec === next.targetDurationSec, () =>
      fault(String(previous.targetDurationSec), String(next.targetDurationSec)),
    ),
};

const playlistType: Rule<Succession> = {
  id: '6-playlist-type',
  section: '6.2.1',
  level: 'MUST',
  sentence: 'A playlist that removes segments has no PLAYLIST-TYPE, and the type never changes.',
  check: ({ previous, next }) => {
    const removes = next.mediaSequence > previous.mediaSequence;
    if (!removes && previous.playlistType === undefined) return undefined;
    return [
      ...unless(!removes || next.playlistType === undefined, () =>
        fault('no PLAYLIST-TYPE in a sliding playlist', `PLAYLIST-TYPE:${next.playlistType}`),
      ),
      ...unless(previous.playlistType === next.playlistType, () =>
        fault(`PLAYLIST-TYPE ${previous.playlistType}`, String(next.playlistType)),
      ),
    ];
  },
};

const segmentsUnchanged: Rule<Succession> = {
  id: '7-segments-unchanged',
  section: '6.2.1',
  level: 'MUST',
  sentence: 'A listed segment keeps its URI, duration, map, key, gap and wall clock.',
  check: (succession) => {
    const common = commonOf(succession);
    if (common.length === 0) return undefined;
    const renamed = succession.previous.segments.filter((before) =>
      succession.next.segments.some(
        (after) =>
          after.mediaSequence === before.mediaSequence &&
          segmentKey(after) !== segmentKey(before) &&
          !common.some((pair) => pair.before === before || pair.after === after),
      ),
    );
    const changed = common.filter(({ before, after }) => !sameSegment(before, after));
    return [
      ...renamed.map((before) =>
        fault(`segment ${before.mediaSequence} to stay ${before.uri}`, 'another URI', ...inf(before)),
      ),
      ...changed.map(({ before, after }) => fault('the same segment', 'a changed one', ...inf(before), ...inf(after))),
    ];
  },
};

const sameSegment = (before: Segment, after: Segment): boolean =>
  segmentFacts(before) === segmentFacts(after) &&
  Math.abs((before.startEpochMs ?? 0) - (after.startEpochMs ?? before.startEpochMs ?? 0)) <= SAME_INSTANT_MS;

const onlyFrontRemoved: Rule<Succession> = {
  id: '7-removed-from-the-front',
  section: '6.2.1',
  level: 'MUST',
  sentence: 'Segments are removed from the front only, and added at the end only.',
  check: (succession) => {
    const common = commonOf(succession);
    const [first] = common;
    if (first === undefined) return undefined;
    const expected = succession.previous.segments.slice(succession.previous.segments.indexOf(first.before));
    const missing = expected.find((segment) => !common.some(({ before }) => before === segment));
    const inserted = succession.next.segments.indexOf(first.after) > 0;
    return [
      ...(missing === undefined
        ? []
        : [fault(`${missing.uri} after ${first.before.uri}`, 'it is gone', ...inf(missing))]),
      ...unless(!inserted, () => fault(`${first.after.uri} to come first`, 'segments before it', ...inf(first.after))),
    ];
  },
};

const partsUnchanged: Rule<Succession> = {
  id: '7-parts-unchanged',
  section: '6.2.1',
  level: 'MUST',
  sentence: 'A listed part stays as it is until all older parts and its own tag are dropped.',
  check: ({ previous, next }) => {
    const after = new Map(headsOf(next).map((head) => [head.mediaSequence, head]));
    const pairs = headsOf(previous)
      .filter(({ parts }) => parts.length > 0)
      .map((head) => ({ before: head, now: after.get(head.mediaSequence) }))
      .filter(({ now }) => now !== undefined && now.parts.length > 0);
    if (pairs.length === 0) return undefined;
    return pairs.flatMap(({ before, now }) => changedParts(before, now));
  },
};

/** The newer tags of a parent are the older ones, less some of the first, and more at the end while it is open. */
function changedParts(before: SegmentHead, now: SegmentHead | undefined): Fault[] {
  const known = before.parts.map(partFacts);
  const current = (now?.parts ?? []).map(partFacts);
  const start = known.indexOf(current[0] ?? '');
  const kept = start < 0 ? [] : known.slice(start);
  const intact = start >= 0 && kept.length <= current.length && kept.every((facts, index) => facts === current[index]);
  return intact
    ? []
    : [
        fault(
          'the same parts, or more at the end',
          'changed parts',
          before.parts.at(-1)?.line,
          now?.parts.at(-1)?.line,
        ),
      ];
}

const mediaSequence: Rule<Succession> = {
  id: '8-media-sequence',
  section: '6.2.2',
  level: 'MUST',
  sentence: 'MEDIA-SEQUENCE grows by one for each removed segment and never goes back; a segment keeps its number.',
  check: (succession) => {
    const { previous, next } = succession;
    const moved = commonOf(succession).find(({ before, after }) => before.mediaSequence !== after.mediaSequence);
    return [
      ...unless(next.mediaSequence >= previous.mediaSequence, () =>
        fault(`MEDIA-SEQUENCE ${previous.mediaSequence} or more`, String(next.mediaSequence)),
      ),
      ...(moved === undefined
        ? []
        : [
            fault(
              `${moved.before.uri} to stay segment ${moved.before.mediaSequence}`,
              `segment ${moved.after.mediaSequence}`,
              `#EXT-X-MEDIA-SEQUENCE:${previous.mediaSequence}`,
              `#EXT-X-MEDIA-SEQUENCE:${next.mediaSequence}`,
            ),
          ]),
    ];
  },
};

const longEnough: Rule<Succession> = {
  id: '9-long-enough',
  section: '6.2.2',
  level: 'MUST',
  sentence: 'A segment is removed only while three target durations remain.',
  check: ({ previous, next }) => {
    if (next.mediaSequence <= previous.mediaSequence) return undefined;
    const remainingSec = durationSecOf(next.segments);
    const needed = 3 * (next.targetDurationSec ?? 0);
    return unless(remainingSec >= needed, () => fault(`${needed} s to remain`, `${remainingSec.toFixed(3)} s`));
  },
};

const discontinuitySequence: Rule<Succession> = {
  id: '13-discontinuity-sequence',
  section: '6.2.2',
  level: 'MUST',
  sentence:
    'A segment keeps its discontinuity sequence number: the tag grows by one for each DISCONTINUITY removed (hls.js: "discontinuity sequence mismatch").',
  check: (succession) => {
    const common = commonOf(succession);
    if (common.length === 0) return undefined;
    const moved = common.find(({ before, after }) => before.discontinuitySequence !== after.discontinuitySequence);
    return moved === undefined
      ? []
      : [
          fault(
            `${moved.before.uri} in discontinuity ${moved.before.discontinuitySequence}`,
            `discontinuity ${moved.after.discontinuitySequence}`,
            `#EXT-X-DISCONTINUITY-SEQUENCE:${succession.previous.discontinuitySequence}`,
            `#EXT-X-DISCONTINUITY-SEQUENCE:${succession.next.discontinuitySequence}`,
          ),
        ];
  },
};

const endIsFinal: Rule<Succession> = {
  id: '15-end-is-final',
  section: '4.4.3.4',
  level: 'MUST',
  sentence: 'After ENDLIST nothing is added and ENDLIST stays.',
  check: ({ previous, next }) => {
    if (!previous.ended) return undefined;
    const grown = compareEdges(edgeOf(next), edgeOf(previous)) > 0;
    return unless(next.ended && !grown, () =>
      fault(
        `ENDLIST after ${describeEdge(edgeOf(previous))}`,
        `${next.ended ? '' : 'no ENDLIST and '}${describeEdge(edgeOf(next))}`,
      ),
    );
  },
};

const controlConstant: Rule<Succession> = {
  id: '24-control-constant',
  section: '4.4.3.8',
  level: 'client',
  sentence: 'SERVER-CONTROL and PART-TARGET never change for one URL.',
  check: ({ previous, next }) => {
    if (previous.serverControl === undefined && previous.partTargetSec === undefined) return undefined;
    const same =
      previous.partTargetSec === next.partTargetSec && sameAttributes(previous.serverControl, next.serverControl);
    return unless(same, () =>
      fault(
        'the same numbers',
        'others',
        previous.serverControl?.line,
        next.serverControl?.line,
        `PART-TARGET ${previous.partTargetSec} and ${next.partTargetSec}`,
      ),
    );
  },
};

/** Whether two tags have the same attributes, in whatever order. */
export function sameAttributes(a: Tag | undefined, b: Tag | undefined): boolean {
  const [left, right] = [a?.attributes ?? new Map<string, string>(), b?.attributes ?? new Map<string, string>()];
  return left.size === right.size && [...left].every(([name, value]) => right.get(name) === value);
}

const edgeNeverBack: Rule<Succession> = {
  id: '51-edge-never-back',
  section: '6.2.2',
  level: 'client',
  sentence: 'The newest segment or part never goes back between reloads (hls.js: "media sequence mismatch").',
  check: ({ previous, next }) =>
    unless(compareEdges(edgeOf(next), edgeOf(previous)) >= 0, () =>
      fault(`${describeEdge(edgeOf(previous))} or later`, describeEdge(edgeOf(next))),
    ),
};

/** What may change between two fetches of one media playlist. */
export const successionRules: ReadonlyArray<Rule<Succession>> = [
  targetConstant,
  playlistType,
  segmentsUnchanged,
  onlyFrontRemoved,
  partsUnchanged,
  mediaSequence,
  longEnough,
  discontinuitySequence,
  endIsFinal,
  controlConstant,
  edgeNeverBack,
];
