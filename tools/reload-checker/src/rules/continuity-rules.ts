import type { InitContent } from '../boxes.ts';
import { fault, unless, type Rule } from '../rule.ts';

/** A fetched segment with what is needed to place it on the media timeline. */
export interface PlacedSegment {
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly durationSec: number;
  readonly startEpochMs: number | undefined;
  /** Decode time of its first sample, s; undefined when it cannot be known. */
  readonly decodeTimeSec: number | undefined;
  readonly init: InitContent | undefined;
  readonly lines: readonly string[];
}

/** A segment and the one before it in the same playlist; `gapSec` of GAP segments lie between. */
export interface Neighbours {
  readonly before: PlacedSegment;
  readonly after: PlacedSegment;
  readonly gapSec: number;
}

/** Two segments of one discontinuity, of one rendition or of two. */
export interface ClockPair {
  readonly first: PlacedSegment;
  readonly second: PlacedSegment;
  readonly sameRendition: boolean;
}

/** A segment's bytes against those of its parts, in order. */
export interface Assembly {
  readonly uri: string;
  readonly segmentSamples: readonly Uint8Array[];
  readonly partSamples: readonly Uint8Array[];
  readonly lines: readonly string[];
}

/** What a hinted part gave, against what the part of that URI gave when it was listed. */
export interface HintedBytes {
  readonly uri: string;
  readonly hinted: Uint8Array;
  readonly listed: Uint8Array;
}

const TIMELINE_TOLERANCE_SEC = 0.25;
/** Edit lists and encoder delay move renditions against each other by up to this much. */
const RENDITION_TOLERANCE_SEC = 0.5;

const timestamps: Rule<Neighbours> = {
  id: '13-timestamps-continue',
  section: '4.4.4.3',
  level: 'MUST',
  sentence: 'Without DISCONTINUITY the media timestamps go on where the segment before ended.',
  check: ({ before, after, gapSec }) => {
    if (before.discontinuitySequence !== after.discontinuitySequence) return undefined;
    if (before.decodeTimeSec === undefined || after.decodeTimeSec === undefined) return undefined;
    const jumpSec = after.decodeTimeSec - before.decodeTimeSec - before.durationSec - gapSec;
    return unless(Math.abs(jumpSec) <= TIMELINE_TOLERANCE_SEC, () =>
      fault('no jump, or EXT-X-DISCONTINUITY', `a jump of ${jumpSec.toFixed(3)} s`, ...before.lines, ...after.lines),
    );
  },
};

const formatOf = (init: InitContent | undefined): string | undefined =>
  init?.tracks.map(({ trackId, timescale, sampleEntry }) => `${sampleEntry} ${trackId} at ${timescale}`).join(', ');

const formatChange: Rule<Neighbours> = {
  id: '13-format-change',
  section: '4.4.4.3',
  level: 'MUST',
  sentence: 'A change of format, tracks or timescale comes with a DISCONTINUITY.',
  check: ({ before, after }) => {
    const [old, now] = [formatOf(before.init), formatOf(after.init)];
    if (old === undefined || now === undefined) return undefined;
    return unless(old === now || before.discontinuitySequence !== after.discontinuitySequence, () =>
      fault(`EXT-X-DISCONTINUITY between ${old} and ${now}`, 'none', ...before.lines, ...after.lines),
    );
  },
};

/** What neighbours must be. */
export const neighbourRules: ReadonlyArray<Rule<Neighbours>> = [timestamps, formatChange];

/** How far the wall clock is from the media clock, s. */
function offsetSec({ startEpochMs, decodeTimeSec }: PlacedSegment): number | undefined {
  return startEpochMs === undefined || decodeTimeSec === undefined ? undefined : startEpochMs / 1000 - decodeTimeSec;
}

function clockRule(
  facts: Omit<Rule<ClockPair>, 'check'>,
  { sameRendition, toleranceSec }: { sameRendition: boolean; toleranceSec: number },
): Rule<ClockPair> {
  return {
    ...facts,
    check: (pair) => {
      const [first, second] = [offsetSec(pair.first), offsetSec(pair.second)];
      if (pair.sameRendition !== sameRendition || first === undefined || second === undefined) return undefined;
      return unless(Math.abs(second - first) <= toleranceSec, () =>
        fault(
          'one distance between wall clock and media time',
          `${(second - first).toFixed(3)} s more`,
          ...pair.first.lines,
          ...pair.second.lines,
        ),
      );
    },
  };
}

const clockFollowsMedia = clockRule(
  {
    id: '16-clock-follows-media',
    section: '6.2.1',
    level: 'MUST',
    sentence: 'Within a discontinuity PROGRAM-DATE-TIME keeps its distance from the media timestamps.',
  },
  { sameRendition: true, toleranceSec: TIMELINE_TOLERANCE_SEC },
);

const timestampsEqual = clockRule(
  {
    id: '42-timestamps-equal',
    section: '6.2.4',
    level: 'MUST',
    sentence: 'Matching content has matching timestamps in every rendition.',
  },
  { sameRendition: false, toleranceSec: RENDITION_TOLERANCE_SEC },
);

/** What the clocks of two segments must be. */
export const clockRules: ReadonlyArray<Rule<ClockPair>> = [clockFollowsMedia, timestampsEqual];

const sizeOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

const partsAreSegment: Rule<Assembly> = {
  id: '18-parts-are-the-segment',
  section: '3.2',
  level: 'MUST',
  sentence: 'The parts of a segment hold the same samples as the segment.',
  check: ({ uri, segmentSamples, partSamples, lines }) => {
    const same =
      sizeOf(segmentSamples) === sizeOf(partSamples) &&
      Buffer.concat(segmentSamples).equals(Buffer.concat(partSamples));
    return unless(same, () =>
      fault(
        `the ${sizeOf(segmentSamples)} bytes of samples of ${uri}`,
        `${sizeOf(partSamples)} bytes in its parts`,
        ...lines,
      ),
    );
  },
};

/** What a segment and its parts must be. */
export const assemblyRules: ReadonlyArray<Rule<Assembly>> = [partsAreSegment];

const hintIsThePart: Rule<HintedBytes> = {
  id: '38-hint-same-bytes',
  section: '4.4.5.3',
  level: 'MUST',
  sentence: 'A hinted part gives the bytes that it gives once it is listed.',
  check: ({ uri, hinted, listed }) =>
    unless(Buffer.from(hinted).equals(Buffer.from(listed)), () =>
      fault(
        `${listed.length} bytes of ${uri}`,
        hinted.length === listed.length ? 'other bytes' : `${hinted.length} bytes`,
      ),
    ),
};

/** What a hinted part must give. */
export const hintedBytesRules: ReadonlyArray<Rule<HintedBytes>> = [hintIsThePart];
