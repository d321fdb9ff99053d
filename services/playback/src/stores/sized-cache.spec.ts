import fc from 'fast-check';
import { SizedCache } from './sized-cache.ts';

describe('SizedCache', () => {
  it('never holds more than its limit, and holds the values used last', () => {
    const uses = fc.array(
      fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), size: fc.integer({ min: 0, max: 12 }) }),
    );
    fc.assert(
      fc.property(uses, (steps) => {
        const cache = new SizedCache<number>(20);
        for (const [index, { key, size }] of steps.entries()) {
          cache.set(key, index, size);
          expect(cache.total).toBeLessThanOrEqual(20);
          expect(cache.get(key)).toBe(index);
        }
      }),
    );
  });

  it('drops the value that was longest unused', () => {
    const cache = new SizedCache<string>(3);
    for (const key of ['a', 'b', 'c']) cache.set(key, key, 1);
    cache.get('a');
    cache.set('d', 'd', 1);
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual(['a', undefined, 'c', 'd']);
  });

  it('does not give up everything for one value that is too large', () => {
    const cache = new SizedCache<string>(3);
    cache.set('a', 'a', 1);
    cache.set('huge', 'huge', 4);
    expect(cache.get('huge')).toBeUndefined();
    expect(cache.get('a')).toBe('a');
  });
});
