import { compareEdges, describeEdge, edgeOf, headsOf } from '../edge.ts';
import type { MediaPlaylist } from '../model.ts';
import { fault, unless, type Judgement, type Rule } from '../rule.ts';
import type { Succession } from './succession.ts';

/** rfc8216bis 6.2.1: what must come within 1.5 target durations, and with parts within one PART-TARGET. */
function lateRule(
  facts: Omit<Rule<Succession>, 'check'>,
  {
    limitMsOf,
    isNew,
  }: { limitMsOf: (previous: MediaPlaylist) => number | undefined; isNew: (subject: Succession) => boolean },
): Rule<Succession> {
  return {
    ...facts,
    check: (subject) => {
      const { previous, next, clock } = subject;
      const limitMs = limitMsOf(previous);
      if (limitMs === undefined || previous.ended || !isNew(subject)) return undefined;
      // A source that was away comes back with a DISCONTINUITY: nothing could be listed in between.
      const resumed = headsOf(next).some(
        ({ mediaSequence: number, discontinuities }) => discontinuities > 0 && number > edgeOf(previous).mediaSequence,
      );
      if (resumed || next.ended) return undefined;
      const tookMs = clock.unchangedUntilMs - clock.edgeSeenAtMs;
      return unless(tookMs <= limitMs + clock.toleranceMs, () =>
        fault(`within ${limitMs} ms`, `${Math.round(tookMs)} ms after ${describeEdge(edgeOf(previous))}`),
      );
    },
  };
}

const segmentLimitMs = ({ targetDurationSec, partTargetSec }: MediaPlaylist): number | undefined =>
  targetDurationSec === undefined || partTargetSec !== undefined ? undefined : 1500 * targetDurationSec;
const partLimitMs = ({ partTargetSec }: MediaPlaylist): number | undefined =>
  partTargetSec === undefined ? undefined : 1000 * partTargetSec;

const segmentInTime = lateRule(
  {
    id: '11-segment-in-time',
    section: '6.2.1',
    level: 'MUST',
    sentence: 'A new segment is listed within 1.5 target durations of the last one.',
  },
  {
    limitMsOf: segmentLimitMs,
    isNew: ({ previous, next }) => edgeOf(next).mediaSequence > edgeOf(previous).mediaSequence,
  },
);

const partInTime = lateRule(
  {
    id: '11-part-in-time',
    section: '6.2.1',
    level: 'MUST',
    sentence: 'A new part is listed within one PART-TARGET of the last one.',
  },
  {
    limitMsOf: partLimitMs,
    isNew: ({ previous, next }) => compareEdges(edgeOf(next), edgeOf(previous)) > 0,
  },
);

/** Judges a playlist that has not grown for `silentMs` and of which nothing more will be fetched. */
export function judgeSilence(playlist: MediaPlaylist, silentMs: number, toleranceMs: number): Judgement[] {
  if (playlist.ended) return [];
  const [rule, limitMs] =
    playlist.partTargetSec === undefined
      ? [segmentInTime, segmentLimitMs(playlist)]
      : [partInTime, partLimitMs(playlist)];
  if (limitMs === undefined) return [];
  const faults = unless(silentMs <= limitMs + toleranceMs, () =>
    fault(`within ${limitMs} ms`, `nothing for ${Math.round(silentMs)} ms after ${describeEdge(edgeOf(playlist))}`),
  );
  return [{ rule, url: playlist.url, faults }];
}

/** When something new must come. */
export const timingRules: ReadonlyArray<Rule<Succession>> = [segmentInTime, partInTime];
