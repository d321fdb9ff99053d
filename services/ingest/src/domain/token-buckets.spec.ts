import { TokenBuckets } from './token-buckets.ts';

describe('TokenBuckets', () => {
  it('lets a burst through, then the rate', () => {
    const buckets = new TokenBuckets({ capacity: 2, perSec: 1, maxKeys: 10 });
    expect([buckets.take('a', 0), buckets.take('a', 0), buckets.take('a', 0)]).toEqual([true, true, false]);
    expect(buckets.has('a', 999)).toBe(false);
    expect(buckets.has('a', 1000)).toBe(true);
    expect([buckets.take('a', 1000), buckets.take('a', 1000)]).toEqual([true, false]);
  });

  it('counts each key for itself', () => {
    const buckets = new TokenBuckets({ capacity: 1, perSec: 1, maxKeys: 10 });
    buckets.take('a', 0);
    expect(buckets.take('b', 0)).toBe(true);
  });

  it('forgets the key used longest ago beyond its bound', () => {
    const buckets = new TokenBuckets({ capacity: 1, perSec: 0, maxKeys: 2 });
    for (const key of ['a', 'b', 'c']) buckets.take(key, 0);
    expect(['a', 'b', 'c'].map((key) => buckets.has(key, 0))).toEqual([true, false, false]);
  });

  it('does not lose tokens when the clock steps back', () => {
    const buckets = new TokenBuckets({ capacity: 3, perSec: 1, maxKeys: 2 });
    buckets.take('a', 5000);
    expect(buckets.take('a', 1000)).toBe(true);
  });
});
