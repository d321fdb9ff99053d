import * as fc from 'fast-check';
import { msToTicks, ticksToMs } from './ticks.ts';
import { TimelineError } from './timeline-error.ts';

// Milliseconds are a double, which tells microseconds apart below 2^42.
const wallClockUs = fc.bigInt({ min: -1000n * 2n ** 42n, max: 1000n * 2n ** 42n });

describe('ticks and milliseconds', () => {
  it.each([
    [90_000n, 90_000, 1000],
    [1001n, 30_000, 33.367],
    [-1001n, 30_000, -33.367],
    [1n, 2_000_000, 0.001],
    [-1n, 2_000_000, 0],
    [-3n, 2_000_000, -0.001],
    [17_000_000_000_000_001n, 10_000_000, 1_700_000_000_000],
    [17_000_000_000_000_005n, 10_000_000, 1_700_000_000_000.001],
  ])('%d ticks at %d are %d ms', (ticks, timescale, ms) => {
    expect(ticksToMs(ticks, timescale) + 0).toBe(ms);
  });

  it('give every tick back, also beyond 2^53', () => {
    fc.assert(
      fc.property(wallClockUs, fc.integer({ min: 1, max: 999_999 }), (us, timescale) => {
        const ticks = (us * BigInt(timescale)) / 1_000_000n;
        expect(msToTicks(ticksToMs(ticks, timescale), timescale)).toBe(ticks);
      }),
    );
  });

  it('stay within half a microsecond of the exact quotient', () => {
    fc.assert(
      fc.property(wallClockUs, fc.integer({ min: 1, max: 2 ** 32 }), (wallClock, timescale) => {
        const ticks = (wallClock * BigInt(timescale)) / 1_000_000n;
        const us = BigInt(Math.round(ticksToMs(ticks, timescale) * 1000));
        const doubledError = 2n * (us * BigInt(timescale) - ticks * 1_000_000n);
        expect(doubledError > -BigInt(timescale) && doubledError <= BigInt(timescale)).toBe(true);
      }),
    );
  });

  it.each([0, -1, 1.5, Number.NaN])('refuse the timescale %d', (timescale) => {
    expect(() => ticksToMs(1n, timescale)).toThrow(TimelineError);
    expect(() => msToTicks(1, timescale)).toThrow(
      `timescale: expected ticks per second of at least 1, got ${timescale}`,
    );
  });

  it('refuse milliseconds that are no number', () => {
    expect(() => msToTicks(Number.NaN, 1000)).toThrow(TimelineError);
  });
});
