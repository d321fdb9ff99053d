import * as fc from 'fast-check';
import { clipInterval, gapsBetween, mergeIntervals, type Interval } from './interval.ts';

const between = (startMs: number, endMs: number): Interval => ({ startMs, endMs });
const someInterval = fc
  .tuple(fc.nat(60), fc.integer({ min: -2, max: 12 }))
  .map(([start, length]) => between(start, start + length));
const someIntervals = fc.array(someInterval, { maxLength: 12 });
const INSTANTS = Array.from({ length: 80 }, (_, instant) => instant);
const covers = (intervals: readonly Interval[], instant: number): boolean =>
  intervals.some(({ startMs, endMs }) => startMs <= instant && instant < endMs);

describe('mergeIntervals', () => {
  it('covers exactly the instants that its input covers', () => {
    fc.assert(
      fc.property(someIntervals, (intervals) => {
        const merged = mergeIntervals(intervals, 0);
        for (const instant of INSTANTS) expect(covers(merged, instant)).toBe(covers(intervals, instant));
      }),
    );
  });

  it('leaves ascending intervals that are farther apart than the tolerance', () => {
    fc.assert(
      fc.property(someIntervals, fc.nat(5), (intervals, toleranceMs) => {
        const merged = mergeIntervals(intervals, toleranceMs);
        merged
          .slice(1)
          .forEach(({ startMs }, index) => expect(startMs - merged[index]!.endMs).toBeGreaterThan(toleranceMs));
        expect(mergeIntervals(merged, toleranceMs)).toEqual(merged);
      }),
    );
  });

  it('does not depend on order and leaves its input alone', () => {
    const intervals = [between(5, 9), between(0, 6), between(20, 20)];
    expect(mergeIntervals(intervals, 0)).toEqual(mergeIntervals(intervals.toReversed(), 0));
    expect(intervals).toEqual([between(5, 9), between(0, 6), between(20, 20)]);
  });
});

describe('clipInterval', () => {
  it('gives the instants that both cover, and nothing when there are none', () => {
    fc.assert(
      fc.property(someInterval, someInterval, (interval, bounds) => {
        const clipped = clipInterval(interval, bounds);
        for (const instant of INSTANTS) {
          const inBoth = covers([interval], instant) && covers([bounds], instant);
          expect(clipped !== undefined && covers([clipped], instant)).toBe(inBoth);
        }
      }),
    );
  });
});

describe('gapsBetween', () => {
  it('gives exactly the instants of the bounds that no interval covers', () => {
    fc.assert(
      fc.property(someIntervals, someInterval, (intervals, bounds) => {
        const gaps = gapsBetween(intervals, bounds);
        for (const instant of INSTANTS) {
          expect(covers(gaps, instant)).toBe(covers([bounds], instant) && !covers(intervals, instant));
        }
        expect(mergeIntervals(gaps, 0)).toEqual(gaps);
      }),
    );
  });
});
