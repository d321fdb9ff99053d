import * as fc from 'fast-check';
import { readInit } from './init-facts.ts';
import { firstSampleEnd, samplesOf } from './samples.ts';
import { allDecodeTimes, safeDecodeTimes, trafArbitrary } from '../testing/arbitraries.ts';
import { initSegment, prft, styp } from '../testing/boxes.ts';
import { chunksOf, fixture, initOf, unitsOf } from '../testing/fixtures.ts';
import { fragment, type TestTraf } from '../testing/fragment.ts';
import { oracleSamples } from '../testing/oracle.ts';

const init = initSegment([{ trackId: 1, entry: 'avc1', timescale: 90_000 }]);
const [facts] = readInit(init).tracks;

const NOTHING_PER_SAMPLE = { duration: false, size: false, flags: false, composition: false };
const traf: TestTraf = { trackId: 1, decodeTimeTicks: 0n, runs: [], perSample: NOTHING_PER_SAMPLE };

describe('samplesOf', () => {
  it.each(['h264.cmfv', 'h264-b-frames.cmfv', 'aac.cmfa', 'opus.cmfa', 'hevc.cmfv'])(
    'finds the samples of the real %s where mp4box finds them',
    (name) => {
      const units = unitsOf(fixture(name));
      const chunks = chunksOf(units).map(({ bytes }) => bytes);
      const segment = Buffer.concat(chunks);
      const found = [...samplesOf(segment, readInit(initOf(units)).tracks[0]!)];
      const expected = oracleSamples(initOf(units), chunks).get(1)!;
      expect(found.length).toBeGreaterThan(5);
      expect(found.map(({ start, end }) => Buffer.from(segment.subarray(start, end)).toString('hex'))).toEqual(
        expected.map(({ data }) => Buffer.from(data).toString('hex')),
      );
      expect(found.map((sample) => [sample.decodeTimeTicks, sample.durationTicks])).toEqual(
        expected.map(({ sample }) => [BigInt(sample.dts), sample.duration]),
      );
    },
  );

  it('finds them whatever the shape of the fragment', () => {
    fc.assert(
      fc.property(trafArbitrary(1, safeDecodeTimes), (shape) => {
        const chunk = fragment([shape], { leading: [styp('cmfs'), prft(1, 1n << 40n, 0n)] });
        const found = [...samplesOf(chunk, facts!)];
        const written = shape.runs.flat();
        expect(found.map(({ start, end }) => chunk.slice(start, end))).toEqual(written.map(({ data }) => data));
        expect(found.map(({ durationTicks }) => durationTicks)).toEqual(written.map((sample) => sample.durationTicks));
      }),
    );
  });

  it('keeps decode times exact over the whole range', () => {
    fc.assert(
      fc.property(trafArbitrary(1, allDecodeTimes), (shape) => {
        let decodeTimeTicks = shape.decodeTimeTicks;
        for (const sample of samplesOf(fragment([shape]), facts!)) {
          expect(sample.decodeTimeTicks).toBe(decodeTimeTicks);
          decodeTimeTicks += BigInt(sample.durationTicks);
        }
      }),
    );
  });

  it('refuses samples that are not in the bytes', () => {
    const sample = { durationTicks: 1, flags: 0, compositionTicks: 0, data: new Uint8Array(100) };
    const chunk = fragment([{ ...traf, runs: [[sample, sample]] }]);
    expect(() => [...samplesOf(chunk.subarray(0, -208), facts!)]).toThrow(
      expect.objectContaining({ code: 'fragment_malformed' }),
    );
  });

  it('refuses absolute addresses, which mean nothing outside their stream', () => {
    const sample = { durationTicks: 1, flags: 0, compositionTicks: 0, data: new Uint8Array(8) };
    expect(() => [...samplesOf(fragment([{ ...traf, runs: [[sample]], addressing: 'absolute' }]), facts!)]).toThrow(
      /base_data_offset/,
    );
  });

  it('bounds samples that take no bytes over all chunks of a segment', () => {
    const empty = { durationTicks: 1, flags: 0, compositionTicks: 0, data: new Uint8Array(0) };
    const chunk = fragment([{ ...traf, runs: [Array.from({ length: 60_000 }, () => empty)] }]);
    const count = () => {
      let samples = 0;
      for (const _ of samplesOf(Buffer.concat(Array.from({ length: 18 }, () => chunk)), facts!)) samples += 1;
      return samples;
    };
    expect(count).toThrow(/the limit of a fragment is 1048576/);
  });
});

describe('firstSampleEnd', () => {
  it('is where the first sample ends, counted from the first leading box', () => {
    const runs = [
      [7, 30].map((length) => ({ durationTicks: 1, flags: 0, compositionTicks: 0, data: new Uint8Array(length) })),
    ];
    const chunk = fragment([{ ...traf, runs, perSample: { ...NOTHING_PER_SAMPLE, size: true } }], {
      leading: [styp('cmfs')],
    });
    expect(firstSampleEnd(chunk, facts!)).toBe(chunk.length - 30);
  });

  it('refuses a chunk without samples', () => {
    expect(() => firstSampleEnd(fragment([traf]), facts!)).toThrow(/expected a sample/);
  });
});
