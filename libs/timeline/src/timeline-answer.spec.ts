import * as fc from 'fast-check';
import { entriesOf, entryOf, history, ORIGIN_MS } from '../test/entries.ts';
import { mergeIntervals } from './interval.ts';
import { endEpochMs } from './segment-entry.ts';
import { selectRange } from './select-range.ts';
import { timelineAnswer, timelineFailure } from './timeline-answer.ts';

const ORIGIN_SEC = ORIGIN_MS / 1000;
const NOW_MS = ORIGIN_MS + 3_600_500;
const query = (changes: { startSec?: number; endSec?: number; merge?: boolean } = {}) => ({
  startSec: ORIGIN_SEC,
  endSec: ORIGIN_SEC + 3600,
  nowMs: NOW_MS,
  merge: false,
  ...changes,
});
const periodsOf = (
  ...[entries, changes]: [Parameters<typeof timelineAnswer>[0], Parameters<typeof query>[0]?]
): number[][] =>
  timelineAnswer(entries, query(changes)).content.timeline.map(({ start, end }) => [
    start - ORIGIN_SEC,
    end - ORIGIN_SEC,
  ]);

describe('D-30: the answer', () => {
  it("has the seed's shape", () => {
    expect(timelineAnswer(entriesOf(2), query())).toEqual({
      retCode: 0,
      description: 'success',
      content: {
        current: ORIGIN_SEC + 3600,
        timeline: [
          { start: ORIGIN_SEC, end: ORIGIN_SEC + 2 },
          { start: ORIGIN_SEC + 2, end: ORIGIN_SEC + 4 },
        ],
      },
    });
  });

  it('lists whole periods that intersect the query, and none that only touch it', () => {
    expect(periodsOf(entriesOf(10), { startSec: ORIGIN_SEC + 4, endSec: ORIGIN_SEC + 7 })).toEqual([
      [4, 6],
      [6, 8],
    ]);
  });

  it('does not let a microsecond of overlap become a second', () => {
    expect(periodsOf([entryOf(0, { durationMs: 2000.001 }), entryOf(1)])).toEqual([
      [0, 2],
      [2, 4],
    ]);
  });

  it.each([false, true])('is ascending whole seconds without overlap (merge %s)', (merge) => {
    fc.assert(
      fc.property(history, (entries) => {
        const { timeline } = timelineAnswer(entries, query({ merge })).content;
        let coveredTo = 0;
        for (const { start, end } of timeline) {
          expect(Number.isInteger(start) && Number.isInteger(end)).toBe(true);
          expect(start).toBeGreaterThanOrEqual(coveredTo);
          expect(end).toBeGreaterThan(start);
          coveredTo = end;
        }
      }),
    );
  });
});

describe('D-31: no data', () => {
  it('is success with an empty timeline', () => {
    expect(timelineAnswer([], query())).toMatchObject({ retCode: 0, content: { timeline: [] } });
  });

  it('gap rows are no data', () => {
    expect(periodsOf([entryOf(0), entryOf(1, { sizeBytes: 0 }), entryOf(2)])).toEqual([
      [0, 2],
      [4, 6],
    ]);
  });
});

describe('D-32: failures', () => {
  it('keep the shape of an answer', () => {
    expect(timelineFailure(1004, 'stream: expected a known one, got "x"', NOW_MS)).toEqual({
      retCode: 1004,
      description: 'stream: expected a known one, got "x"',
      content: { current: ORIGIN_SEC + 3600, timeline: [] },
    });
  });
});

describe('D-34: merge', () => {
  it('is off by default and joins across a gap of one segment, not of more', () => {
    const entries = [entryOf(0), entryOf(1), entryOf(3), entryOf(6)];
    expect(periodsOf(entries)).toHaveLength(4);
    expect(periodsOf(entries, { merge: true })).toEqual([
      [0, 8],
      [12, 14],
    ]);
  });

  it('breaks at a discontinuity, even without a gap', () => {
    expect(periodsOf([entryOf(0), entryOf(1, { discontinuitySequence: 1 })], { merge: true })).toEqual([
      [0, 2],
      [2, 4],
    ]);
  });

  it('covers what the segments cover', () => {
    fc.assert(
      fc.property(history, (entries) => {
        const seconds = (merge: boolean) =>
          timelineAnswer(entries, query({ merge })).content.timeline.map(({ start, end }) => ({
            startMs: start,
            endMs: end,
          }));
        expect(mergeIntervals(seconds(true), 3)).toEqual(mergeIntervals(seconds(false), 3));
      }),
    );
  });
});

describe('D-35: from the timeline to a playlist', () => {
  it('current is the server clock in whole seconds', () => {
    expect(timelineAnswer([], { ...query(), nowMs: ORIGIN_MS + 999.9 }).content.current).toBe(ORIGIN_SEC);
  });

  it('each start, used as lhs_start, gives the playlist that begins with that segment', () => {
    fc.assert(
      fc.property(history, (entries) => {
        const { timeline } = timelineAnswer(entries, query()).content;
        const begins = timeline.map(({ start }) => {
          const request = { kind: 'range', startMs: start * 1000, mode: 'event' } as const;
          const rules = { nowMs: NOW_MS, maxRangeMs: 86_400_000, windowMs: 30_000, targetDurationSec: 2 };
          return selectRange(entries, request, rules)?.segments[0]?.mediaSequence;
        });
        expect(begins).toEqual(entries.map((entry) => entry.mediaSequence));
      }),
    );
  });

  it('a range in no period has no playlist', () => {
    const entries = [entryOf(0), entryOf(1, { startEpochMs: ORIGIN_MS + 60_000, discontinuitySequence: 1 })];
    const [first, second] = timelineAnswer(entries, query()).content.timeline;
    const request = { kind: 'range', startMs: first!.end * 1000, endMs: second!.start * 1000, mode: 'vod' } as const;
    expect(endEpochMs(entries[0]!)).toBeLessThanOrEqual(request.startMs);
    const rules = { nowMs: NOW_MS, maxRangeMs: 86_400_000, windowMs: 30_000, targetDurationSec: 2 };
    expect(selectRange(entries, request, rules)).toBeUndefined();
  });
});
