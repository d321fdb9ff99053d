import fc from 'fast-check';
import { parseRange } from './byte-range.ts';

describe('parseRange', () => {
  it.each([
    ['bytes=0-', { kind: 'bytes', first: 0, last: 99 }],
    ['bytes=10-19', { kind: 'bytes', first: 10, last: 19 }],
    ['bytes=90-1000', { kind: 'bytes', first: 90, last: 99 }],
    ['bytes=5-9007199254740991', { kind: 'bytes', first: 5, last: 99 }],
    ['bytes=-1', { kind: 'bytes', first: 99, last: 99 }],
    ['bytes=-1000', { kind: 'bytes', first: 0, last: 99 }],
    ['BYTES=1-1', { kind: 'bytes', first: 1, last: 1 }],
    ['bytes=100-', { kind: 'unsatisfiable' }],
    ['bytes=-0', { kind: 'unsatisfiable' }],
    ['bytes=9-5', { kind: 'whole' }],
    ['bytes=0-1,5-6', { kind: 'whole' }],
    ['lines=0-1', { kind: 'whole' }],
    ['bytes=a-b', { kind: 'whole' }],
    ['bytes=-', { kind: 'whole' }],
    [undefined, { kind: 'whole' }],
  ])('reads %s of 100 bytes', (header, range) => {
    expect(parseRange(header, 100)).toEqual(range);
  });

  it('never reaches outside the body', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.option(fc.nat(2000)), fc.nat(1000), (first, last, sizeBytes) => {
        const range = parseRange(`bytes=${first}-${last ?? ''}`, sizeBytes);
        if (range.kind !== 'bytes') return;
        expect(range.first).toBe(first);
        expect(range.last).toBeGreaterThanOrEqual(range.first);
        expect(range.last).toBeLessThan(sizeBytes);
      }),
    );
  });

  it('of an empty body there is no byte to give', () => {
    expect(parseRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' });
    expect(parseRange('bytes=-5', 0)).toEqual({ kind: 'unsatisfiable' });
  });
});
