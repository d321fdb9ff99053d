import * as fc from 'fast-check';
import { DeliveryDirectiveError, parseDeliveryDirectives } from './delivery-directives.ts';

const parse = (query: string): unknown => parseDeliveryDirectives(new URLSearchParams(query));

describe('hls.md of delivery directives', () => {
  it('25, 26 and 33: reads the three of them, and 31: tolerates others', () => {
    expect(parse('_HLS_msn=41&_HLS_part=3&_HLS_skip=v2')).toEqual({ mediaSequence: 41, partIndex: 3, skip: 'v2' });
    expect(parse('sid=1&_HLS_skip=YES&_HLS_push=7&_HLS_=x')).toEqual({ skip: 'YES' });
    expect(parse('_HLS_msn=0')).toEqual({ mediaSequence: 0 });
    expect(parse('')).toEqual({});
  });

  it.each([
    ['_HLS_part=1', /_HLS_part: expected an _HLS_msn beside it, got only _HLS_part=1/],
    ['_HLS_msn=', /_HLS_msn: expected a decimal integer, got ""/],
    ['_HLS_msn=-1', /got "-1"/],
    ['_HLS_msn=1.5', /got "1.5"/],
    ['_HLS_msn=1e3', /got "1e3"/],
    ['_HLS_msn=0x10', /got "0x10"/],
    ['_HLS_msn=%2B1', /got "\+1"/],
    ['_HLS_msn=123456789012345678901', /got "123456789012345678901"/],
    ['_HLS_msn=1&_HLS_part=a', /_HLS_part: expected a decimal integer, got "a"/],
    ['_HLS_msn=1&_HLS_msn=2', /_HLS_msn: expected one value, got 2/],
    ['_HLS_skip=yes', /_HLS_skip: expected YES or v2, got "yes"/],
    [`_HLS_msn=${'a'.repeat(1000)}`, /got "a{40}"$/],
  ])('28: refuses %s', (query, message) => {
    expect(() => parse(query)).toThrow(DeliveryDirectiveError);
    expect(() => parse(query)).toThrow(message);
  });

  it('28: whatever the query, either gives whole numbers or refuses it', () => {
    const name = fc.constantFrom('_HLS_msn', '_HLS_part', '_HLS_skip', '_HLS_other', 'sid');
    const value = fc.oneof(fc.string(), fc.nat().map(String), fc.constantFrom('YES', 'v2', ''));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 4 }), (pairs) => {
        try {
          const { mediaSequence, partIndex, skip } = parseDeliveryDirectives(new URLSearchParams(pairs));
          for (const number of [mediaSequence ?? 0, partIndex ?? 0]) expect(number).toBe(Math.floor(Math.abs(number)));
          expect(partIndex === undefined || mediaSequence !== undefined).toBe(true);
          expect(['YES', 'v2', undefined]).toContain(skip);
        } catch (error) {
          expect(error).toBeInstanceOf(DeliveryDirectiveError);
        }
      }),
    );
  });
});
