import fc from 'fast-check';
import { bodySize, bodySlice, wholeBody } from './body.ts';

const pieces = fc.array(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 6 },
);

describe('a body in pieces', () => {
  it('has the size and every slice of the whole', () => {
    fc.assert(
      fc.property(pieces, fc.nat(120), fc.nat(120), (body, a, b) => {
        const whole = Buffer.concat(body);
        expect(bodySize(body)).toBe(whole.length);
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        expect(wholeBody(bodySlice(body, first, last)).equals(whole.subarray(first, last + 1))).toBe(true);
        expect(wholeBody(bodySlice(whole, first, last)).equals(whole.subarray(first, last + 1))).toBe(true);
      }),
    );
  });
});
