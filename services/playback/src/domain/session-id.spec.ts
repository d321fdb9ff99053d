import fc from 'fast-check';
import { isSessionId, tidOf } from './session-id.ts';

describe('tidOf', () => {
  it('gives what atproto calls a TID, for every instant and clock', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 53n) - 1n }), fc.nat(1023), (epochUs, clockId) => {
        expect(isSessionId(tidOf(epochUs, clockId))).toBe(true);
      }),
    );
  });

  it('sorts as time does', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 1n << 52n }),
        fc.bigInt({ min: 1n, max: 1n << 40n }),
        (epochUs, laterUs) => {
          expect(tidOf(epochUs, 1023) < tidOf(epochUs + laterUs, 0)).toBe(true);
        },
      ),
    );
  });
});

describe('isSessionId', () => {
  it.each(['', '1', '3jzfcijpj2z2', '3jzfcijpj2z2aa', '3JZFCIJPJ2Z2A', 'zzzzzzzzzzzzz', '3jzf-cij-pj2z2'])(
    'refuses %s',
    (text) => {
      expect(isSessionId(text)).toBe(false);
    },
  );
});
