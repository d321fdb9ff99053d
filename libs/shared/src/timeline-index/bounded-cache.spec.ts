import { BoundedCache } from './bounded-cache.ts';

describe('BoundedCache', () => {
  it('forgets what was used least recently beyond its bound', () => {
    const cache = new BoundedCache<string>(10);
    cache.set('a', 'A', 4);
    cache.set('b', 'B', 4);
    cache.get('a');
    cache.set('c', 'C', 4);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['A', undefined, 'C']);
  });

  it('counts a value once when it is set again', () => {
    const cache = new BoundedCache<string>(10);
    for (let round = 0; round < 5; round += 1) cache.set('a', 'A', 6);
    cache.set('b', 'B', 4);
    expect([cache.get('a'), cache.get('b')]).toEqual(['A', 'B']);
    cache.delete('a');
    cache.set('c', 'C', 6);
    expect([cache.get('b'), cache.get('c')]).toEqual(['B', 'C']);
  });

  it('does not keep what is larger than the bound', () => {
    const cache = new BoundedCache<string>(10);
    cache.set('a', 'A', 11);
    expect(cache.get('a')).toBeUndefined();
  });
});
