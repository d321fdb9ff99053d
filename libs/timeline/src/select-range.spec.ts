import * as fc from 'fast-check';
import { entriesOf, entryOf, history, ORIGIN_MS } from '../test/entries.ts';
import { endEpochMs, isGap, mergeEntries, type SegmentEntry } from './segment-entry.ts';
import { selectRange, type RangeSelection, type SelectionRules } from './select-range.ts';
import { TimelineError } from './timeline-error.ts';
import type { TimeShiftRequest } from './time-shift.ts';

const HOUR_MS = 3_600_000;
const rulesAt = (nowMs: number): SelectionRules => ({
  nowMs,
  maxRangeMs: 24 * HOUR_MS,
  windowMs: 10_000,
  targetDurationSec: 2,
});
const LATER = rulesAt(ORIGIN_MS + HOUR_MS);
const at = (seconds: number): number => ORIGIN_MS + seconds * 1000;
const numbers = (selection: RangeSelection | undefined): number[] =>
  selection?.segments.map((entry) => entry.mediaSequence) ?? [];
const event = (startMs: number, endMs?: number): TimeShiftRequest => ({
  kind: 'range',
  startMs,
  mode: 'event',
  ...(endMs === undefined ? {} : { endMs }),
});
const vod = (startMs: number, endMs: number): TimeShiftRequest => ({ kind: 'range', startMs, endMs, mode: 'vod' });

const delayed = (offsetMs: number, windowMs?: number): TimeShiftRequest => ({
  kind: 'delayed',
  offsetMs,
  ...(windowMs === undefined ? {} : { windowMs }),
});

const facts = (segments: readonly SegmentEntry[] = []): unknown[] =>
  segments.map((entry) => [entry.mediaSequence, entry.discontinuitySequence, entry.sha256]);

describe('D-11: start only', () => {
  it('begins with the segment that holds the start and grows with live', () => {
    const first = selectRange(entriesOf(10), event(at(7)), rulesAt(at(20)));
    expect(first).toMatchObject({ playlistType: 'EVENT', endList: false });
    expect(numbers(first)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    expect(numbers(selectRange(entriesOf(12), event(at(7)), rulesAt(at(24))))).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('has its first PROGRAM-DATE-TIME at or before the start, whenever the start is covered', () => {
    fc.assert(
      fc.property(history, fc.nat(), (entries, pick) => {
        const covering = entries[pick % entries.length]!;
        const startMs = covering.startEpochMs + (pick % 1000);
        expect(selectRange(entries, event(startMs), LATER)?.segments[0]).toEqual(covering);
      }),
    );
  });

  it('ends with ENDLIST at the range limit (decisions.md 18)', () => {
    const rules = { ...rulesAt(at(60)), maxRangeMs: 10_000 };
    expect(selectRange(entriesOf(30), event(at(0)), rules)).toMatchObject({ endList: true });
    expect(numbers(selectRange(entriesOf(30), event(at(0)), rules))).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('D-12: start and end', () => {
  it('shows the past range with ENDLIST', () => {
    const selection = selectRange(entriesOf(30), event(at(10), at(20)), LATER);
    expect(selection).toMatchObject({ playlistType: 'EVENT', endList: true });
    expect(numbers(selection)).toEqual([5, 6, 7, 8, 9]);
  });

  it('gains ENDLIST only when the segment across the end is listed, or cannot come any more', () => {
    const request = event(at(10), at(18.5));
    const whileOpen = selectRange(entriesOf(9), request, rulesAt(at(19.5)));
    expect([numbers(whileOpen), whileOpen?.endList]).toEqual([[5, 6, 7, 8], false]);
    const across = selectRange(entriesOf(10), request, rulesAt(at(20)));
    expect([numbers(across), across?.endList]).toEqual([[5, 6, 7, 8, 9], false]);
    const closed = selectRange(entriesOf(11), request, rulesAt(at(22)));
    expect([numbers(closed), closed?.endList]).toEqual([[5, 6, 7, 8, 9], true]);
    expect(selectRange(entriesOf(9), request, rulesAt(at(25)))?.endList).toBe(true);
  });

  it('appends and never takes back, however often it is asked while the stream grows', () => {
    fc.assert(
      fc.property(history, fc.nat(60_000), fc.integer({ min: 1, max: 60_000 }), (entries, startOffsetMs, lengthMs) => {
        const startMs = ORIGIN_MS + startOffsetMs;
        let before: RangeSelection | undefined;
        for (let count = 1; count <= entries.length; count++) {
          const known = entries.slice(0, count);
          const now = selectRange(known, event(startMs, startMs + lengthMs), rulesAt(endEpochMs(known.at(-1)!)));
          if (before !== undefined) {
            expect(now?.segments.slice(0, before.segments.length)).toEqual(before.segments);
            if (before.endList) expect(now).toEqual(before);
          }
          before = now ?? before;
        }
      }),
    );
  });
});

describe('D-13: start and vodend', () => {
  it('shows what exists of the range at once, with ENDLIST, also when its end is in the future', () => {
    const selection = selectRange(entriesOf(10), vod(at(10), at(600)), rulesAt(at(20)));
    expect(selection).toMatchObject({ playlistType: 'VOD', endList: true });
    expect(numbers(selection)).toEqual([5, 6, 7, 8, 9]);
  });

  it('does not change for a past range when the stream goes on', () => {
    const request = vod(at(3), at(9));
    expect(selectRange(entriesOf(30), request, LATER)).toEqual(selectRange(entriesOf(8), request, rulesAt(at(16))));
  });
});

describe('D-14: offset', () => {
  it('is the live window as it was, without type and ENDLIST', () => {
    const selection = selectRange(entriesOf(100), delayed(60_000), rulesAt(at(121)));
    expect(selection).toEqual({ segments: entriesOf(100).slice(25, 30), endList: false });
  });

  it('takes the length that the request asks for, but no less than three target durations', () => {
    expect(numbers(selectRange(entriesOf(100), delayed(60_000, 20_000), rulesAt(at(120))))).toHaveLength(10);
    expect(numbers(selectRange(entriesOf(100), delayed(60_000, 1000), rulesAt(at(120))))).toHaveLength(3);
    expect(numbers(selectRange(entriesOf(100), { kind: 'live', windowMs: 20_000 }, LATER))).toHaveLength(10);
  });

  it('finds nothing where the stream had not begun or had stopped', () => {
    expect(selectRange(entriesOf(10), delayed(60_000), rulesAt(at(60)))).toBeUndefined();
    expect(numbers(selectRange(entriesOf(10), delayed(60_000), rulesAt(at(89.9))))).toEqual([5, 6, 7, 8, 9]);
    expect(selectRange(entriesOf(10), delayed(60_000), rulesAt(at(90)))).toBeUndefined();
  });

  it('D-17: never goes back and never skips between polls', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 30_000 }), (entries, offsetMs) => {
        let listed: number[] = [];
        for (const { startEpochMs } of entries) {
          const now = numbers(selectRange(entries, delayed(offsetMs), rulesAt(startEpochMs + offsetMs)));
          if (now.length === 0) continue;
          expect(now[0]).toBeGreaterThanOrEqual(listed[0] ?? 0);
          expect(now.at(-1)).toBeGreaterThanOrEqual(listed.at(-1) ?? 0);
          listed = now;
        }
      }),
    );
  });
});

describe('D-15: the edges of a range', () => {
  it('takes every segment that overlaps whole, and none that only touches', () => {
    fc.assert(
      fc.property(history, fc.nat(90_000), fc.integer({ min: 1, max: 60_000 }), (entries, offsetMs, lengthMs) => {
        const [startMs, endMs] = [ORIGIN_MS + offsetMs, ORIGIN_MS + offsetMs + lengthMs];
        const overlapping = entries.filter((entry) => entry.startEpochMs < endMs && endEpochMs(entry) > startMs);
        expect(selectRange(entries, vod(startMs, endMs), LATER)?.segments ?? []).toEqual(overlapping);
      }),
    );
  });
});

describe('D-16 and decisions.md 10: what is missing', () => {
  it('leaves an outage unpadded', () => {
    const entries = [entryOf(0), entryOf(1, { startEpochMs: at(600), discontinuitySequence: 1 })];
    expect(selectRange(entries, vod(at(0), at(700)), LATER)?.segments).toEqual(entries);
  });

  it('keeps the number of a lost segment as a gap row whose duration is the loss', () => {
    const entries = [entryOf(0), entryOf(3, { startEpochMs: at(5) }), entryOf(4)];
    const segments = selectRange(entries, vod(at(0), at(10)), LATER)?.segments ?? [];
    expect(
      segments.map((entry) => [entry.mediaSequence, isGap(entry), entry.startEpochMs - ORIGIN_MS, entry.durationMs]),
    ).toEqual([
      [0, false, 0, 2000],
      [1, true, 2000, 1500],
      [2, true, 3500, 1500],
      [3, false, 5000, 2000],
      [4, false, 8000, 2000],
    ]);
  });

  it('gives a gap row no more than the target duration', () => {
    const segments = selectRange(
      [entryOf(0), entryOf(2, { startEpochMs: at(600) })],
      vod(at(0), at(700)),
      LATER,
    )?.segments;
    expect(segments?.[1]).toMatchObject({ mediaSequence: 1, durationMs: 2000, sizeBytes: 0 });
  });

  it.each([
    ['numbers out of all proportion', [entryOf(0), entryOf(200_000)]],
    ['numbers that go back', [entryOf(5, { startEpochMs: at(0) }), entryOf(4, { startEpochMs: at(2) })]],
  ])('refuses %s', (_, entries) => {
    expect(() => selectRange(entries, event(at(0)), { ...LATER, maxRangeMs: 1e12 })).toThrow(TimelineError);
  });
});

describe('D-18: the seam between archive and live window', () => {
  const state = fc.record({
    entries: history,
    flushed: fc.nat(80),
    liveFrom: fc.nat(80),
    closed: fc.integer({ min: 1, max: 80 }),
    startOffsetMs: fc.nat(60_000),
    lengthMs: fc.integer({ min: 1, max: 120_000 }),
  });

  it('shows no segment twice and misses none, wherever the flush stands and whatever both hold', () => {
    fc.assert(
      fc.property(state, ({ entries, flushed, liveFrom, closed, startOffsetMs, lengthMs }) => {
        const known = entries.slice(0, closed);
        const archived = known.slice(0, flushed);
        // The window keeps a segment at least until the archive holds it.
        const live = known.slice(Math.min(liveFrom, flushed)).map((entry) => ({ ...entry, objectKey: 'live' }));
        const merged = mergeEntries(archived, live);
        const [startMs, endMs] = [ORIGIN_MS + startOffsetMs, ORIGIN_MS + startOffsetMs + lengthMs];
        for (const request of [vod(startMs, endMs), event(startMs, endMs), event(startMs)]) {
          const expected = numbers(selectRange(known, request, LATER));
          const listed = selectRange(merged, request, LATER);
          expect(numbers(listed)).toEqual(expected);
          expect(listed?.segments.some(isGap) ?? false).toBe(false);
          expect(expected).toEqual(expected.map((_, index) => expected[0]! + index));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('D-17: gives a segment the same numbers before and after it moves to the archive', () => {
    fc.assert(
      fc.property(history, fc.nat(80), (entries, flushed) => {
        const before = mergeEntries([], entries);
        const after = mergeEntries(entries.slice(0, flushed), entries.slice(Math.max(flushed - 1, 0)));
        const request = event(ORIGIN_MS);
        expect(facts(selectRange(after, request, LATER)?.segments)).toEqual(
          facts(selectRange(before, request, LATER)?.segments),
        );
      }),
    );
  });
});

describe('D-20: retention', () => {
  const kept = entriesOf(20).slice(10);

  it('begins with the oldest segment when the start is older and later data exists', () => {
    expect(numbers(selectRange(kept, vod(at(0), at(24)), LATER))).toEqual([10, 11]);
    expect(numbers(selectRange(kept, event(0), rulesAt(at(40))))).toEqual(
      numbers(selectRange(kept, event(at(20)), rulesAt(at(40)))),
    );
  });

  it('finds nothing outside retention, in an outage or without data', () => {
    expect(selectRange(kept, vod(at(0), at(20)), LATER)).toBeUndefined();
    expect(selectRange(kept, vod(at(40), at(60)), LATER)).toBeUndefined();
    expect(selectRange([entryOf(0), entryOf(1, { startEpochMs: at(60) })], vod(at(10), at(50)), LATER)).toBeUndefined();
    expect(selectRange([], event(at(0)), LATER)).toBeUndefined();
    expect(selectRange([], { kind: 'live' }, LATER)).toBeUndefined();
  });
});
