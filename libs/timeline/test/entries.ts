import * as fc from 'fast-check';
import type { SegmentEntry } from '#timeline';

const HASH_A = 'a'.repeat(64);
const HASH_B = 'b'.repeat(64);

/** A segment of two seconds at 2026-11-21T12:00Z plus its number times two seconds. */
export function entryOf(mediaSequence: number, changes: Partial<SegmentEntry> = {}): SegmentEntry {
  return {
    trackId: 1,
    epoch: 1,
    mediaSequence,
    startEpochMs: ORIGIN_MS + mediaSequence * 2000,
    durationMs: 2000,
    discontinuitySequence: 0,
    initSha256: HASH_A,
    sizeBytes: 1000 + mediaSequence,
    sha256: HASH_B,
    objectKey: 'archive/a',
    offsetBytes: 0,
    ...changes,
  };
}

/** Where the clocks of the specs begin. */
export const ORIGIN_MS = Date.UTC(2026, 10, 21, 12);

/** Segments 0 to count - 1, back to back. */
export function entriesOf(count: number): SegmentEntry[] {
  return Array.from({ length: count }, (_, mediaSequence) => entryOf(mediaSequence));
}

/** One track's whole history: jittered durations of a second and more, outages with and without a discontinuity. */
export const history: fc.Arbitrary<SegmentEntry[]> = fc
  .record({
    firstMediaSequence: fc.nat(1_000_000),
    startUs: fc.nat(10_000_000),
    steps: fc.array(
      fc.record({
        durationUs: fc.integer({ min: 1_000_000, max: 2_499_999 }),
        outageUs: fc.constantFrom(0, 0, 0, 0, 250_000, 45_000_000),
      }),
      { minLength: 1, maxLength: 80 },
    ),
  })
  .map(({ firstMediaSequence, startUs, steps }) => {
    let [clockUs, discontinuitySequence] = [ORIGIN_MS * 1000 + startUs, 0];
    return steps.map(({ durationUs, outageUs }, index) => {
      clockUs += outageUs;
      if (outageUs > 1_000_000) discontinuitySequence += 1;
      const entry = entryOf(firstMediaSequence + index, {
        startEpochMs: clockUs / 1000,
        durationMs: durationUs / 1000,
        discontinuitySequence,
      });
      clockUs += durationUs;
      return entry;
    });
  });
