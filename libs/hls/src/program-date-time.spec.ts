import * as fc from 'fast-check';
import { PlaylistError } from './playlist-error.ts';
import { ProgramDateTimeFormat } from './program-date-time.ts';

const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

describe('ProgramDateTimeFormat', () => {
  it('writes what Date writes, also when the instants jump between days', () => {
    const dayMs = 86_400_000;
    const instant = fc.oneof(
      fc.integer({ min: 0, max: LAST_MS }),
      fc.tuple(fc.nat(40), fc.constantFrom(-1, 0, 1)).map(([days, ms]) => Math.max(0, (20_000 + days) * dayMs + ms)),
    );
    fc.assert(
      fc.property(fc.array(instant, { minLength: 1, maxLength: 20 }), (instants) => {
        const dateTime = new ProgramDateTimeFormat();
        expect(instants.map((epochMs) => dateTime.format(epochMs))).toEqual(
          instants.map((epochMs) => new Date(epochMs).toISOString()),
        );
      }),
    );
  });

  it('rounds to the millisecond', () => {
    const dateTime = new ProgramDateTimeFormat();
    expect([0.499, 0.5, 999.6].map((epochMs) => dateTime.format(epochMs))).toEqual([
      '1970-01-01T00:00:00.000Z',
      '1970-01-01T00:00:00.001Z',
      '1970-01-01T00:00:01.000Z',
    ]);
  });

  it.each([-1, LAST_MS + 1, Number.NaN, Infinity])('refuses %d', (epochMs) => {
    expect(() => new ProgramDateTimeFormat().format(epochMs)).toThrow(PlaylistError);
  });
});
