import fc from 'fast-check';
import { segment } from '../../test/support/windows.ts';
import { anchorOf, ticksOf, timedSegments, type EpochClock } from './epoch-clock.ts';

const START_MS = 1_700_000_000_000;
/** As the packager says it: to the microsecond. */
const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;

/** Segments of these lengths, and a clock read from the one at `witness`. */
function trackOf(
  lengthsTicks: readonly number[],
  { timescale, first, witness }: { timescale: number; first: bigint; witness: number },
) {
  let ticks = first;
  const decodeTimes: bigint[] = [];
  const segments = lengthsTicks.map((length, index) => {
    decodeTimes.push(ticks);
    const offsetMs = (Number(ticks - first) * 1000) / timescale;
    ticks += BigInt(length);
    return segment(index, { startEpochMs: rounded(START_MS + offsetMs), durationMs: (length * 1000) / timescale });
  });
  const clock: EpochClock = {
    startEpochMs: segments[witness]?.startEpochMs ?? 0,
    decodeTimeTicks: decodeTimes[witness] ?? 0n,
    timescale,
  };
  return { segments, decodeTimes, clock };
}

const TIMESCALES = fc.constantFrom(1000, 12_800, 30_000, 44_100, 48_000, 90_000, 10_000_000);

describe('timedSegments', () => {
  it('gives every segment the decode time that its bytes carry, also beyond 2^53, from any one of them', () => {
    fc.assert(
      fc.property(
        TIMESCALES,
        fc.bigInt({ min: 0n, max: 1n << 62n }),
        fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 40 }),
        fc.nat(39),
        (timescale, first, lengths, at) => {
          const { segments, decodeTimes, clock } = trackOf(lengths, { timescale, first, witness: at % lengths.length });
          const timed = timedSegments(segments, clock);
          // Only the first is found by the wall clock, which is said to the microsecond.
          const slack = BigInt(Math.ceil(timescale / 1e6) + 1);
          for (const [index, { decodeTimeTicks, durationTicks }] of timed.entries()) {
            const off = decodeTimeTicks - (decodeTimes[index] ?? 0n);
            expect(off <= slack && off >= -slack).toBe(true);
            expect(durationTicks).toBe(BigInt(lengths[index] ?? 0));
          }
        },
      ),
    );
  });

  it('lets neighbours touch exactly, and leaves a jump where the wall clock has one', () => {
    const segments = [segment(0), segment(1), segment(2, { startEpochMs: segment(2).startEpochMs + 700 })];
    const clock = { startEpochMs: segment(1).startEpochMs, decodeTimeTicks: 1_000_000n, timescale: 90_000 };
    expect(timedSegments(segments, clock).map(({ decodeTimeTicks }) => decodeTimeTicks)).toEqual([
      820_000n,
      1_000_000n,
      1_243_000n,
    ]);
  });
});

describe('anchorOf', () => {
  it('is the wall clock of decode time 0, whichever segment the clock was read from', () => {
    fc.assert(
      fc.property(TIMESCALES, fc.nat(4_000_000_000), fc.nat(19), (timescale, seconds, witness) => {
        const first = BigInt(seconds) * BigInt(timescale) + 17n;
        const lengths = Array.from({ length: 20 }, (_, index) => 1001 + index);
        const { clock } = trackOf(lengths, { timescale, first, witness });
        const { clock: other } = trackOf(lengths, { timescale, first, witness: 0 });
        expect(Math.abs(anchorOf(clock) - anchorOf(other))).toBeLessThanOrEqual(0.02);
      }),
    );
  });

  it('is before 1970 where decode times are older than that', () => {
    expect(anchorOf({ startEpochMs: 1000, decodeTimeTicks: 90_000n * 5n, timescale: 90_000 })).toBe(-4000);
  });
});

it('ticksOf is to the nearest tick', () => {
  expect([ticksOf(2000, 90_000), ticksOf(1001 / 30, 30_000), ticksOf(0.004, 90_000)]).toEqual([180_000n, 1001n, 0n]);
});
