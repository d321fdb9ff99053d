import { compare, fitLine, median, orderOf, percentile } from './statistics.mjs';

describe('statistics of a bench', () => {
  it('takes a percentile by nearest rank, whatever the order of the sample', () => {
    const sample = [5, 1, 4, 2, 3];
    expect([0, 0.5, 0.8, 0.99, 1].map((share) => percentile(sample, share))).toEqual([1, 3, 4, 5, 5]);
  });

  it('takes the middle of an even sample between the two in the middle', () => {
    expect([median([9, 1, 5]), median([4, 1, 3, 2])]).toEqual([5, 2.5]);
  });

  it('refuses an empty sample', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError);
    expect(() => median([])).toThrow(RangeError);
  });

  it('compares round by round, and the best of each', () => {
    const rounds = [
      { a: 10, b: 20 },
      { a: 30, b: 20 },
      { a: 20, b: 25 },
    ];
    expect(compare(rounds, 'higher')).toEqual({ medianOfRatios: 0.8, bestAgainstBest: 30 / 25 });
    expect(compare(rounds, 'lower')).toEqual({ medianOfRatios: 0.8, bestAgainstBest: 10 / 20 });
  });

  it('turns the order with each round', () => {
    expect([0, 1, 2].map((round) => orderOf(round)[0])).toEqual(['a', 'b', 'a']);
  });

  it('fits a line and says how well', () => {
    const line = fitLine([1, 4, 8, 16].map((x) => ({ x, y: 3 * x + 2 })));
    expect([line.slope, line.intercept, line.r2].map((value) => Number(value.toFixed(9)))).toEqual([3, 2, 1]);
    expect(
      fitLine([
        { x: 0, y: 0 },
        { x: 1, y: 5 },
        { x: 2, y: 0 },
      ]).r2,
    ).toBeCloseTo(0, 9);
  });
});
