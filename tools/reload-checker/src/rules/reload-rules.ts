import { describeEdge, edgeOf, holds, segmentFacts } from '../edge.ts';
import type { MediaPlaylist } from '../model.ts';
import { fault, unless, type Rule } from '../rule.ts';

/** Why a playlist was asked for with delivery directives. */
export type ReloadPurpose =
  | 'next_part'
  | 'next_segment'
  | 'old_segment'
  | 'part_without_segment'
  | 'malformed'
  | 'far_segment'
  | 'far_part'
  | 'high_part_of_next'
  | 'unknown_directive'
  | 'after_end'
  | 'i_frames';

/** A request with delivery directives and how it was answered. */
export interface Reload {
  readonly purpose: ReloadPurpose;
  readonly query: string;
  readonly mediaSequence?: number | undefined;
  readonly part?: number | undefined;
  /** What was known before. */
  readonly before: MediaPlaylist;
  /** 0 when no answer came in time. */
  readonly status: number;
  /** Until the first byte of the body. */
  readonly heldMs: number;
  readonly answer: MediaPlaylist | undefined;
  readonly toleranceMs: number;
}

/** hls.js gives up after 10 s without a byte. */
const PLAYER_PATIENCE_MS = 10_000;

const cameAs = ({ status, heldMs, answer }: Reload): string =>
  status === 0
    ? `no answer within ${Math.round(heldMs)} ms`
    : `${status} after ${Math.round(heldMs)} ms${answer === undefined ? '' : ` with ${describeEdge(edgeOf(answer))}`}`;

const asked = ({ query, before }: Reload): string[] => [
  `?${query} when ${describeEdge(edgeOf(before))} was the newest`,
];

/** A rule about requests of certain purposes. */
function about(
  facts: Omit<Rule<Reload>, 'check'>,
  purposes: readonly ReloadPurpose[],
  {
    expected,
    isMet,
    applies = () => true,
  }: {
    expected: string;
    isMet: (reload: Reload) => boolean;
    applies?: (reload: Reload) => boolean;
  },
): Rule<Reload> {
  return {
    ...facts,
    check: (reload) =>
      purposes.includes(reload.purpose) && applies(reload)
        ? unless(isMet(reload), () => fault(expected, cameAs(reload), ...asked(reload)))
        : undefined,
  };
}

const reached = ({ answer, mediaSequence, part }: Reload): boolean =>
  answer !== undefined && (answer.ended || holds(answer, { mediaSequence: mediaSequence ?? 0, part }));
const isAtOnce = ({ heldMs, before, toleranceMs }: Reload): boolean =>
  heldMs <= 1000 * (before.partTargetSec ?? (before.targetDurationSec ?? 0) / 2) + toleranceMs;
const answered = ({ status }: Reload): boolean => status === 200;

const wholeSegment = about(
  {
    id: '25-held-for-segment',
    section: '6.2.5.2',
    level: 'MUST',
    sentence: '_HLS_msn alone is answered when that segment is whole, not before.',
  },
  ['next_segment', 'i_frames'],
  { expected: 'the segment asked for', isMet: reached, applies: answered },
);

const part = about(
  {
    id: '26-held-for-part',
    section: '6.2.5.2',
    level: 'MUST',
    sentence: '_HLS_msn with _HLS_part is answered when that part or a later one is listed, not before.',
  },
  ['next_part', 'high_part_of_next'],
  { expected: 'the part asked for or a later one', isMet: reached, applies: answered },
);

const oldAtOnce = about(
  {
    id: '27-old-segment-at-once',
    section: '6.2.5.2',
    level: 'MUST',
    sentence: 'A request for a segment that is old or gone is answered at once with the whole playlist.',
  },
  ['old_segment'],
  {
    expected: '200 at once with the whole playlist',
    isMet: (reload) => answered(reload) && isAtOnce(reload) && reload.answer?.skips.length === 0,
  },
);

const refused = (reload: Reload): boolean => reload.status === 400 && isAtOnce(reload);

const partNeedsSegment = about(
  {
    id: '28-part-needs-segment',
    section: '6.2.5.2',
    level: 'MUST',
    sentence: '_HLS_part without _HLS_msn is answered 400.',
  },
  ['part_without_segment'],
  { expected: '400 at once', isMet: refused },
);

const malformed = about(
  {
    id: '28-malformed',
    section: '6.2.5.2',
    level: 'MUST',
    sentence: 'A directive that is no number is answered 400.',
  },
  ['malformed'],
  { expected: '400 at once', isMet: refused },
);

const farRefused = about(
  {
    id: '29-far-refused',
    section: '6.2.5.2',
    level: 'SHOULD',
    sentence: 'A segment more than two beyond the last, or a part far beyond it, is answered 400 at once.',
  },
  ['far_segment', 'far_part'],
  { expected: '400 at once', isMet: refused },
);

const highPartServed = about(
  {
    id: '29-high-part-served',
    section: '6.2.5.2',
    level: 'client',
    sentence: 'A high part number of the very next segment is not refused: hls.js asks so without low latency.',
  },
  ['high_part_of_next'],
  { expected: '200', isMet: ({ status }) => status !== 400 },
);

const bounded: Rule<Reload> = {
  id: '30-hold-bounded',
  section: '6.2.5.2',
  level: 'SHOULD',
  sentence: 'A held request is answered within three target durations and 10 s, with the playlist or 503.',
  check: (reload) => {
    if (!['next_part', 'next_segment', 'high_part_of_next', 'i_frames'].includes(reload.purpose)) return undefined;
    // A refusal of that one has its own rule.
    if (reload.purpose === 'high_part_of_next' && reload.status === 400) return undefined;
    const limitMs = Math.min(3000 * (reload.before.targetDurationSec ?? Infinity), PLAYER_PATIENCE_MS);
    const inTime = reload.status !== 0 && reload.heldMs <= limitMs + reload.toleranceMs;
    return unless(inTime && (reload.status === 200 || reload.status === 503), () =>
      fault(`200 or 503 within ${limitMs} ms`, cameAs(reload), ...asked(reload)),
    );
  },
};

const endedAtOnce = about(
  {
    id: '31-ended-at-once',
    section: '6.2.5.2',
    level: 'MUST',
    sentence: 'With ENDLIST, delivery directives are ignored.',
  },
  ['after_end'],
  {
    expected: '200 at once with the whole playlist',
    isMet: (reload) => answered(reload) && isAtOnce(reload) && reload.answer?.skips.length === 0,
  },
);

const unknownTolerated = about(
  {
    id: '31-unknown-tolerated',
    section: '6.2.5',
    level: 'MUST',
    sentence: 'An unknown _HLS_ parameter is ignored.',
  },
  ['unknown_directive'],
  { expected: '200 at once', isMet: (reload) => answered(reload) && isAtOnce(reload) },
);

/** How requests with delivery directives must be answered. */
export const reloadRules: ReadonlyArray<Rule<Reload>> = [
  wholeSegment,
  part,
  oldAtOnce,
  partNeedsSegment,
  malformed,
  farRefused,
  highPartServed,
  bounded,
  endedAtOnce,
  unknownTolerated,
];

/** The answers to one request that was sent twice at the same moment. */
export interface TwinReloads {
  readonly query: string;
  readonly answers: readonly [MediaPlaylist, MediaPlaylist];
}

const idempotent: Rule<TwinReloads> = {
  id: '32-idempotent',
  section: 'B.1',
  level: 'client',
  sentence: 'The same request sent twice gets the same playlist, or a later version of it.',
  check: ({ query, answers: [a, b] }) => {
    const known = new Map(a.segments.map((segment) => [segment.mediaSequence, segmentFacts(segment)]));
    const wrong = b.segments.find((segment) => {
      const facts = known.get(segment.mediaSequence);
      return facts !== undefined && facts !== segmentFacts(segment);
    });
    return [
      ...unless(wrong === undefined, () => fault('one playlist', 'two', `?${query}`, ...(wrong?.lines ?? []))),
      ...unless(Math.abs(edgeOf(a).mediaSequence - edgeOf(b).mediaSequence) <= 1, () =>
        fault(describeEdge(edgeOf(a)), describeEdge(edgeOf(b)), `?${query}`),
      ),
    ];
  },
};

/** What two equal requests must give. */
export const twinRules: ReadonlyArray<Rule<TwinReloads>> = [idempotent];
