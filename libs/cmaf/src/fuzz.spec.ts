import * as fc from 'fast-check';
import {
  CmafError,
  CmafReader,
  firstSampleEnd,
  hasContentCredentials,
  inspectChunk,
  readEventMessages,
  readInit,
  readPrft,
  sniff,
  splitChunk,
  splitInit,
  webVttOf,
  type CmafUnit,
  type TrackFacts,
} from './index.ts';
import { countingCaptions } from '../testing/wvtt.ts';
import { chunksOf, fixture, initOf, LIMITS, tracksOf, unitsOf } from '../testing/fixtures.ts';

const NAMES = [
  'hevc.cmfv',
  'av1.cmfv',
  'vp9.cmfv',
  'aac.cmfa',
  'opus.cmfa',
  'flac.cmfa',
  'ac3.cmfa',
  'multiplexed.mp4',
];
const streams = NAMES.map(fixture);
const multiplexed = unitsOf(fixture('multiplexed-absolute.mp4'));
const inits = streams.map((stream) => initOf(unitsOf(stream)));

/** Some bytes of a valid input replaced, and perhaps its end cut off. */
const mutationOf = (bytes: Uint8Array, reach = bytes.length): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      edits: fc.array(fc.tuple(fc.nat(reach - 1), fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255))), {
        minLength: 1,
        maxLength: 6,
      }),
      keptBytes: fc.oneof({ weight: 4, arbitrary: fc.constant(bytes.length) }, fc.nat(bytes.length)),
    })
    .map(({ edits, keptBytes }) => {
      const mutated = bytes.slice(0, keptBytes);
      for (const [at, value] of edits) if (at < mutated.length) mutated[at] = value;
      return mutated;
    });

/** The value, or undefined where a CmafError says no; anything else thrown fails the test. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    expect(error).toBeInstanceOf(CmafError);
    return undefined;
  }
}

/** What an ingest does with bytes from outside. */
function consume(bytes: Uint8Array, known: ReadonlyMap<number, TrackFacts>): void {
  sniff(bytes);
  const reader = new CmafReader(LIMITS);
  const units: CmafUnit[] = attempt(() => reader.push(bytes)) ?? [];
  attempt(() => reader.end());
  for (const unit of units) {
    if (unit.kind === 'init') {
      attempt(() => readInit(unit.bytes));
      attempt(() => splitInit(unit.bytes));
    } else if (unit.kind === 'chunk') {
      attempt(() => inspectChunk(unit.moof, known));
      attempt(() => readPrft(unit.bytes));
      for (const facts of known.values()) attempt(() => firstSampleEnd(unit.bytes, facts));
      readEventMessages(unit.bytes);
      hasContentCredentials(unit.bytes);
      const parts = attempt(() => splitChunk(unit, known)) ?? [];
      const outBytes = parts.reduce((sum, part) => sum + part.bytes.length, 0);
      expect(outBytes).toBeLessThan(unit.bytes.length * 4 + 1000);
    }
  }
}

const RUNS = { numRuns: 500 };

describe('bytes from outside', () => {
  it('throws nothing but CmafError for garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        consume(bytes, new Map());
        attempt(() => readInit(bytes));
        attempt(() => inspectChunk(bytes, tracksOf(inits[0]!)));
      }),
      RUNS,
    );
  });

  it('throws nothing but CmafError for mutations of real inits', () => {
    const mutations = fc.constantFrom(...inits).chain((init) => mutationOf(init));
    fc.assert(
      fc.property(mutations, (init) => {
        attempt(() => readInit(init));
        attempt(() => splitInit(init));
      }),
      RUNS,
    );
  });

  it('throws nothing but CmafError for mutations of captions', () => {
    const { init, chunks } = countingCaptions({ startSecond: 1, count: 2 });
    const segment = Buffer.concat(chunks);
    fc.assert(
      fc.property(mutationOf(init), mutationOf(segment), (mutatedInit, mutatedSegment) => {
        attempt(() => webVttOf(mutatedInit, segment));
        attempt(() => webVttOf(init, mutatedSegment));
      }),
      RUNS,
    );
  });

  it('throws nothing but CmafError for mutations of the moof of real chunks, and never grows them', () => {
    const tracks = tracksOf(initOf(multiplexed));
    const mutations = fc.constantFrom(...chunksOf(multiplexed)).chain((chunk) =>
      mutationOf(chunk.bytes, chunk.moof.length).map((bytes) => ({
        ...chunk,
        bytes,
        moof: bytes.subarray(chunk.moofOffset, chunk.moofOffset + chunk.moof.length),
      })),
    );
    fc.assert(
      fc.property(mutations, (chunk) => {
        attempt(() => inspectChunk(chunk.moof, tracks));
        const parts = attempt(() => splitChunk(chunk, tracks)) ?? [];
        expect(parts.reduce((sum, part) => sum + part.bytes.length, 0)).toBeLessThan(chunk.bytes.length * 4 + 1000);
      }),
      RUNS,
    );
  });

  it('throws nothing but CmafError for mutations of whole real streams', () => {
    const known = tracksOf(initOf(multiplexed));
    const mutations = fc.constantFrom(...streams).chain((stream) => mutationOf(stream, Math.min(stream.length, 3000)));
    fc.assert(
      fc.property(mutations, (bytes) => consume(bytes, known)),
      RUNS,
    );
  });
});
