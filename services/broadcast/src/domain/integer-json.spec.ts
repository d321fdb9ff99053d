import * as fc from 'fast-check';
import { integerJson } from './integer-json.ts';
import { nanoseconds, rfc3339 } from './call-view.ts';

describe('integerJson', () => {
  it('prints nanoseconds in full, which no float could hold', () => {
    expect(integerJson({ at: nanoseconds(1_800_000_000_123) })).toBe('{"at":1800000000123000000}');
    expect(rfc3339(1_800_000_000_123)).toBe('2027-01-15T08:00:00.123Z');
  });

  it('prints everything else as JSON.stringify does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(integerJson(value)).toBe(JSON.stringify(value));
      }),
    );
  });

  it('leaves out what is undefined', () => {
    expect(integerJson({ a: undefined, b: [undefined] })).toBe('{"b":[null]}');
  });
});
