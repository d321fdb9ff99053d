import * as fc from 'fast-check';
import type { TestSample, TestTraf } from './fragment.ts';

const SYNC = 0x0200_0000;
const NON_SYNC = 0x0101_0000;

const sampleArbitrary = (trunVersion: 0 | 1): fc.Arbitrary<TestSample> =>
  fc.record({
    durationTicks: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.constant(0xffff_ffff)),
    flags: fc.constantFrom(SYNC, NON_SYNC, 0),
    compositionTicks: fc.integer({ min: trunVersion === 0 ? 0 : -5000, max: 5000 }),
    data: fc.uint8Array({ maxLength: 40 }),
  });

/** A field that is not written for each sample is the same for all of them. */
function levelled(samples: readonly TestSample[], { perSample }: Pick<TestTraf, 'perSample'>): TestSample[] {
  const [first] = samples;
  return samples.map((sample) => ({
    durationTicks: perSample.duration ? sample.durationTicks : first!.durationTicks,
    flags: perSample.flags ? sample.flags : first!.flags,
    compositionTicks: perSample.composition ? sample.compositionTicks : 0,
    data: perSample.size ? sample.data : Uint8Array.from(first!.data, (_, index) => sample.data[index] ?? 0xee),
  }));
}

function intoRuns(samples: readonly TestSample[], runCount: number): TestSample[][] {
  const perRun = Math.ceil(samples.length / runCount);
  return Array.from({ length: runCount }, (_, run) => samples.slice(run * perRun, (run + 1) * perRun));
}

/** A `traf` in any of the shapes a source may write, defaults in `tfhd`. */
export const trafArbitrary = (trackId: number, decodeTimes: fc.Arbitrary<bigint>): fc.Arbitrary<TestTraf> =>
  fc.constantFrom<0 | 1>(0, 1).chain((trunVersion) =>
    fc
      .record({
        decodeTimeTicks: decodeTimes,
        samples: fc.array(sampleArbitrary(trunVersion), { maxLength: 12 }),
        runCount: fc.integer({ min: 1, max: 4 }),
        perSample: fc.record({
          duration: fc.boolean(),
          size: fc.boolean(),
          flags: fc.boolean(),
          composition: fc.boolean(),
        }),
        firstSampleFlags: fc.option(fc.constantFrom(SYNC, NON_SYNC), { nil: undefined }),
      })
      .map(({ samples, runCount, firstSampleFlags, ...rest }) => ({
        trackId,
        trunVersion,
        ...rest,
        runs: intoRuns(levelled(samples, rest), runCount),
        ...(firstSampleFlags === undefined ? {} : { firstSampleFlags }),
      })),
  );

/** Decode times that mp4box reads exactly. */
export const safeDecodeTimes: fc.Arbitrary<bigint> = fc.bigInt({ min: 0n, max: 2n ** 40n });

/** All decode times there are. */
export const allDecodeTimes: fc.Arbitrary<bigint> = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

/** Cuts bytes into pieces at random places. */
export const piecesOf = (bytes: Uint8Array): fc.Arbitrary<Uint8Array[]> =>
  fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 40 }).map((cuts) => {
    const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
    return edges.slice(1).map((end, index) => bytes.slice(edges[index], end));
  });
