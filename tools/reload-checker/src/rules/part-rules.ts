import { isYes, numberOf } from '../attributes.ts';
import { headsOf, listedParts, openDurationSec } from '../edge.ts';
import type { MediaPlaylist, SegmentHead, Tag } from '../model.ts';
import { fault, unless, type Rule } from '../rule.ts';
import { hasParts, ROUNDING_SEC } from './playlist-rules.ts';

/** rfc8216bis 4.4.4.9. */
const SHORTEST_OF_TARGET = 0.85;
/** rfc8216bis 6.2.2: part tags within this many target durations of the end are listed. */
const TARGETS_WITH_PARTS = 3;
const CONTEXT_TAG = /^#EXT-X-(?:DISCONTINUITY$|KEY:|MAP:|PROGRAM-DATE-TIME:)/;

const partInf: Rule<MediaPlaylist> = {
  id: '17-part-inf',
  section: '4.4.3.7',
  level: 'MUST',
  sentence: 'A playlist with parts states PART-TARGET.',
  check: (playlist) => {
    const [first] = listedParts(playlist);
    if (first === undefined) return undefined;
    return unless((playlist.partTargetSec ?? 0) > 0, () => fault('EXT-X-PART-INF', 'none', first.part.line));
  },
};

const longestPart: Rule<MediaPlaylist> = {
  id: '17-part-longest',
  section: '4.4.4.9',
  level: 'MUST',
  sentence: 'No part is longer than PART-TARGET.',
  check: (playlist) => {
    const target = playlist.partTargetSec;
    if (target === undefined || !hasParts(playlist)) return undefined;
    return listedParts(playlist)
      .filter(({ part }) => part.durationSec > target + ROUNDING_SEC)
      .map(({ part }) => fault(`at most ${target} s`, `${part.durationSec} s`, part.line));
  },
};

/** Whether a part may be short: it is the last of its parent, starts with a keyframe, is a gap or comes right before one. */
function mayBeShort({ parts }: SegmentHead, index: number): boolean {
  const part = parts[index];
  const next = parts[index + 1];
  return part === undefined || next === undefined || part.independent || part.gap || next.gap;
}

const shortestPart: Rule<MediaPlaylist> = {
  id: '17-part-shortest',
  section: '4.4.4.9',
  level: 'MUST',
  sentence:
    'A part lasts at least 85 % of PART-TARGET unless it is INDEPENDENT, a GAP, before a GAP or the last of its parent.',
  check: (playlist) => {
    const target = playlist.partTargetSec;
    if (target === undefined) return undefined;
    const judged = listedParts(playlist).filter(({ head, index }) => !mayBeShort(head, index));
    if (judged.length === 0) return undefined;
    return judged
      .filter(({ part }) => part.durationSec < target * SHORTEST_OF_TARGET - ROUNDING_SEC)
      .map(({ part }) => fault(`at least ${target * SHORTEST_OF_TARGET} s`, `${part.durationSec} s`, part.line));
  },
};

/** Seconds between the end of each whole segment and the end of the playlist. */
function distancesSec(
  playlist: MediaPlaylist,
): Array<{ head: SegmentHead; durationSec: number; endDistanceSec: number }> {
  let endDistanceSec = openDurationSec(playlist);
  return playlist.segments
    .toReversed()
    .map((segment) => {
      const distance = { head: segment, durationSec: segment.durationSec, endDistanceSec };
      endDistanceSec += segment.durationSec;
      return distance;
    })
    .toReversed();
}

const partsAddUp: Rule<MediaPlaylist> = {
  id: '18-parts-add-up',
  section: '3.2',
  level: 'MUST',
  sentence: 'The parts of a segment last as long as the segment.',
  check: (playlist) => {
    const roomSec = TARGETS_WITH_PARTS * (playlist.targetDurationSec ?? 0);
    // Farther away single part tags may already be gone.
    const whole = distancesSec(playlist).filter(
      ({ head, durationSec, endDistanceSec }) => head.parts.length > 0 && endDistanceSec + durationSec <= roomSec,
    );
    if (whole.length === 0) return undefined;
    return whole
      .map(({ head, durationSec }) => ({
        head,
        durationSec,
        partsSec: head.parts.reduce((sum, part) => sum + part.durationSec, 0),
      }))
      .filter(
        ({ head, durationSec, partsSec }) => Math.abs(durationSec - partsSec) > ROUNDING_SEC * (head.parts.length + 1),
      )
      .map(({ head, durationSec, partsSec }) =>
        fault(`parts of ${durationSec} s together`, `${partsSec.toFixed(4)} s`, ...head.lines),
      );
  },
};

const contextBeforeParts: Rule<MediaPlaylist> = {
  id: '20-context-before-parts',
  section: '4.4.4.9',
  level: 'MUST',
  sentence: 'DISCONTINUITY, KEY, MAP and PROGRAM-DATE-TIME of a segment come before its first part.',
  check: (playlist) => {
    const withParts = headsOf(playlist).filter(({ parts }) => parts.length > 0);
    if (withParts.length === 0) return undefined;
    return withParts.flatMap(({ lines }) => {
      const firstPart = lines.findIndex((line) => line.startsWith('#EXT-X-PART:'));
      const late = lines.slice(firstPart).find((line) => CONTEXT_TAG.test(line));
      return late === undefined ? [] : [fault('before the first EXT-X-PART', 'after it', lines[firstPart], late)];
    });
  },
};

const oldPartsDropped: Rule<MediaPlaylist> = {
  id: '21-old-parts-dropped',
  section: '6.2.2',
  level: 'SHOULD',
  sentence: 'Parts farther than three target durations from the end are no longer listed.',
  check: (playlist) => {
    const roomSec = TARGETS_WITH_PARTS * (playlist.targetDurationSec ?? 0);
    const old = distancesSec(playlist).filter(({ endDistanceSec }) => endDistanceSec > roomSec + ROUNDING_SEC);
    if (old.length === 0 || !hasParts(playlist)) return undefined;
    return old
      .filter(({ head }) => head.parts.length > 0)
      .slice(0, 1)
      .map(({ head, endDistanceSec }) =>
        fault('no parts', `${head.parts.length} at ${endDistanceSec.toFixed(3)} s from the end`, ...head.lines),
      );
  },
};

const hintsOf = (playlist: MediaPlaylist, type: string): Tag[] =>
  playlist.hints.filter(({ attributes }) => attributes.get('TYPE') === type);

const oneHint: Rule<MediaPlaylist> = {
  id: '37-one-part-hint',
  section: 'B.1',
  level: 'client',
  sentence: 'A playlist that grows by parts hints exactly one part, and one that is not yet listed.',
  check: (playlist) => {
    if (playlist.ended || !hasParts(playlist)) return undefined;
    const hints = hintsOf(playlist, 'PART');
    if (hints.length !== 1) return [fault('one PRELOAD-HINT of TYPE=PART', String(hints.length), hints[0]?.line)];
    const hint = hints[0];
    if (hint?.attributes.has('BYTERANGE-START') === true) return [];
    const listed = listedParts(playlist).find(({ part }) => part.uri === hint?.attributes.get('URI'));
    return unless(listed === undefined, () =>
      fault('a part that is not listed yet', 'a listed one', hint?.line, listed?.part.line),
    );
  },
};

const mapHint: Rule<MediaPlaylist> = {
  id: '37-map-hint',
  section: '4.4.5.3',
  level: 'SHOULD',
  sentence: 'At most one MAP is hinted, and not the one in force.',
  check: (playlist) => {
    const hints = hintsOf(playlist, 'MAP');
    if (hints.length === 0) return undefined;
    const current = headsOf(playlist).at(-1)?.map;
    return unless(hints.length === 1 && hints[0]?.attributes.get('URI') !== current?.uri, () =>
      fault('one hint, of another MAP', `${hints.length}`, ...hints.map(({ line }) => line), current?.line),
    );
  },
};

interface Control {
  readonly playlist: MediaPlaylist;
  readonly control: Tag;
  readonly target: number;
}

/** A rule about one attribute of SERVER-CONTROL: at least so many times a unit. */
function atLeast(
  facts: Omit<Rule<MediaPlaylist>, 'check'>,
  attribute: string,
  minimumOf: (subject: Control) => number | undefined,
): Rule<MediaPlaylist> {
  return {
    ...facts,
    check: (playlist) => {
      const control = playlist.serverControl;
      const value = numberOf(control?.attributes, attribute);
      if (control === undefined || value === undefined) return undefined;
      const minimum = minimumOf({ playlist, control, target: playlist.targetDurationSec ?? 0 });
      if (minimum === undefined) return undefined;
      return unless(value >= minimum - ROUNDING_SEC, () =>
        fault(`${attribute} of at least ${minimum}`, String(value), control.line),
      );
    },
  };
}

const holdBack = atLeast(
  {
    id: '23-hold-back',
    section: '4.4.3.8',
    level: 'MUST',
    sentence: 'HOLD-BACK is at least three target durations.',
  },
  'HOLD-BACK',
  ({ target }) => 3 * target,
);

const partHoldBack = atLeast(
  {
    id: '23-part-hold-back',
    section: '4.4.3.8',
    level: 'MUST',
    sentence: 'PART-HOLD-BACK is at least twice PART-TARGET.',
  },
  'PART-HOLD-BACK',
  ({ playlist }) => (playlist.partTargetSec === undefined ? undefined : 2 * playlist.partTargetSec),
);

const partHoldBackThree = atLeast(
  {
    id: '23-part-hold-back-advised',
    section: '4.4.3.8',
    level: 'SHOULD',
    sentence: 'PART-HOLD-BACK is at least three times PART-TARGET.',
  },
  'PART-HOLD-BACK',
  ({ playlist }) => (playlist.partTargetSec === undefined ? undefined : 3 * playlist.partTargetSec),
);

const skipBoundary = atLeast(
  {
    id: '23-skip-boundary',
    section: '4.4.3.8',
    level: 'MUST',
    sentence: 'CAN-SKIP-UNTIL is at least six target durations.',
  },
  'CAN-SKIP-UNTIL',
  ({ target }) => 6 * target,
);

const controlIsWhole: Rule<MediaPlaylist> = {
  id: '23-control-complete',
  section: '4.4.3.8',
  level: 'MUST',
  sentence: 'PART-INF comes with PART-HOLD-BACK, and CAN-SKIP-DATERANGES with CAN-SKIP-UNTIL.',
  check: (playlist) => {
    const attributes = playlist.serverControl?.attributes;
    const skipsRanges = isYes(attributes, 'CAN-SKIP-DATERANGES');
    if (playlist.partTargetSec === undefined && !skipsRanges) return undefined;
    return [
      ...unless(playlist.partTargetSec === undefined || attributes?.has('PART-HOLD-BACK') === true, () =>
        fault('PART-HOLD-BACK beside PART-INF', 'none', playlist.serverControl?.line),
      ),
      ...unless(!skipsRanges || attributes?.has('CAN-SKIP-UNTIL') === true, () =>
        fault('CAN-SKIP-UNTIL beside CAN-SKIP-DATERANGES', 'none', playlist.serverControl?.line),
      ),
    ];
  },
};

/** What the parts and the server control of one media playlist must be. */
export const partRules: ReadonlyArray<Rule<MediaPlaylist>> = [
  partInf,
  longestPart,
  shortestPart,
  partsAddUp,
  contextBeforeParts,
  oldPartsDropped,
  holdBack,
  partHoldBack,
  partHoldBackThree,
  skipBoundary,
  controlIsWhole,
  oneHint,
  mapHint,
];
