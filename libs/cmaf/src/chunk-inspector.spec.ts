import * as fc from 'fast-check';
import { inspectChunk } from './chunk-inspector.ts';
import type { TrackFacts, TrackTiming } from './model.ts';
import { allDecodeTimes, safeDecodeTimes, trafArbitrary } from '../testing/arbitraries.ts';
import { ascii, box, concat, fullBox, initSegment, largeBox, u32, u64 } from '../testing/boxes.ts';
import { chunksOf, fixture, initOf, tracksOf, unitsOf } from '../testing/fixtures.ts';
import { fragment, type TestSample, type TestTraf } from '../testing/fragment.ts';
import { oracleSamples } from '../testing/oracle.ts';

const init = initSegment([
  { trackId: 1, entry: 'avc1' },
  { trackId: 2, entry: 'mp4a' },
]);
const tracks = tracksOf(init);
const SYNC = 0x0200_0000;
const NON_SYNC = 0x0101_0000;

const moofOf = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(0, new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));

const sample = (over: Partial<TestSample> = {}): TestSample => ({
  durationTicks: 512,
  flags: SYNC,
  compositionTicks: 0,
  data: Uint8Array.of(1),
  ...over,
});

const traf = (over: Partial<TestTraf> = {}): TestTraf => ({
  trackId: 1,
  decodeTimeTicks: 1000n,
  runs: [[sample(), sample({ flags: NON_SYNC })]],
  perSample: { duration: true, size: true, flags: true, composition: true },
  ...over,
});

const inspect = (trafs: readonly TestTraf[], facts: ReadonlyMap<number, TrackFacts> = tracks): TrackTiming[] =>
  inspectChunk(moofOf(fragment(trafs)), facts);

const moofWith = (...children: Uint8Array[]): Uint8Array => box('moof', box('traf', ...children));
const tfhd = (trackId: number): Uint8Array => fullBox('tfhd', 0, 0x20000, u32(trackId));
const tfdt = fullBox('tfdt', 1, 0, u64(0n));

describe('inspectChunk', () => {
  it("equals mp4box's answer for every shape of fragment below 2^53", () => {
    fc.assert(
      fc.property(trafArbitrary(1, safeDecodeTimes), trafArbitrary(2, safeDecodeTimes), (video, audio) => {
        const bytes = fragment([video, audio]);
        const oracle = oracleSamples(init, [bytes]);
        for (const timing of inspectChunk(moofOf(bytes), tracks)) {
          const samples = oracle.get(timing.trackId)!.map((entry) => entry.sample);
          expect(timing.sampleCount).toBe(samples.length);
          expect(Number(timing.durationTicks)).toBe(samples.reduce((sum, { duration }) => sum + duration, 0));
          if (samples.length === 0) continue;
          expect(Number(timing.decodeTimeTicks)).toBe(samples[0]!.dts);
          expect(Number(timing.presentationStartTicks)).toBe(Math.min(...samples.map(({ cts }) => cts)));
          expect(timing.independent).toBe(
            timing.trackId === 2 || (samples[0]!.is_sync && samples[0]!.depends_on !== 1),
          );
        }
      }),
    );
  });

  it('is exact for every 64-bit decode time', () => {
    fc.assert(
      fc.property(trafArbitrary(1, allDecodeTimes), (video) => {
        const samples = video.runs.flat();
        let decodeTicks = video.decodeTimeTicks;
        const presentation = samples.map(({ durationTicks, compositionTicks }) => {
          decodeTicks += BigInt(durationTicks);
          return decodeTicks - BigInt(durationTicks) + BigInt(compositionTicks);
        });
        const [timing] = inspect([video]);
        expect(timing?.decodeTimeTicks).toBe(video.decodeTimeTicks);
        expect(timing?.durationTicks).toBe(decodeTicks - video.decodeTimeTicks);
        const earliest = presentation.reduce(
          (least, ticks) => (ticks < least ? ticks : least),
          presentation[0] ?? decodeTicks,
        );
        expect(timing?.presentationStartTicks).toBe(earliest);
      }),
    );
  });

  it('reads a 32-bit decode time', () => {
    expect(inspect([traf({ tfdtVersion: 0, decodeTimeTicks: 0xffff_ffffn })])[0]?.decodeTimeTicks).toBe(0xffff_ffffn);
  });

  it('reads boxes with 64-bit sizes', () => {
    const run = largeBox('trun', u32(0x100), u32(2), u32(512), u32(300));
    const moof = largeBox('moof', largeBox('traf', tfhd(1), tfdt, run));
    expect(inspectChunk(moof, tracks)).toEqual([expect.objectContaining({ sampleCount: 2, durationTicks: 812n })]);
    const cut = box('moof', concat(u32(1), ascii('traf'), u32(0)));
    expect(() => inspectChunk(cut, tracks)).toThrow(expect.objectContaining({ code: 'fragment_malformed' }));
  });

  it('takes what neither trun nor tfhd states from trex', () => {
    const facts = tracksOf(
      initSegment([{ trackId: 1, entry: 'avc1', defaultDurationTicks: 1001, defaultFlags: NON_SYNC }]),
    );
    const perSample = { duration: false, size: true, flags: false, composition: false };
    const [timing] = inspect([traf({ perSample, defaults: 'trex' })], facts);
    expect(timing).toMatchObject({ durationTicks: 2002n, independent: false });
  });

  it('starts presentation before the decode time when the first composition offset is negative', () => {
    const samples = [sample({ compositionTicks: -512 }), sample({ compositionTicks: 512 })];
    for (const trunVersion of [0, 1] as const) {
      expect(inspect([traf({ runs: [samples], trunVersion })])[0]?.presentationStartTicks).toBe(488n);
    }
  });

  it.each([
    ['a sync sample', SYNC, true],
    ['no statement at all', 0, true],
    ['a non-sync sample', 0x0001_0000, false],
    ['a sample that depends on others', 0x0100_0000, false],
  ])('calls a video chunk that begins with %s independent: %s', (_, flags, independent) => {
    expect(inspect([traf({ runs: [[sample({ flags })]] })])[0]?.independent).toBe(independent);
  });

  it('lets first_sample_flags win over the defaults, in the first run that has samples', () => {
    const perSample = { duration: true, size: true, flags: false, composition: false };
    const [timing] = inspect([traf({ perSample, runs: [[sample({ flags: NON_SYNC })]], firstSampleFlags: SYNC })]);
    expect(timing?.independent).toBe(true);
    const [late] = inspect([traf({ runs: [[], [sample({ flags: NON_SYNC })], [sample()]] })]);
    expect(late).toMatchObject({ independent: false, sampleCount: 2 });
  });

  it('calls audio independent whatever its flags say', () => {
    expect(inspect([traf({ trackId: 2, runs: [[sample({ flags: NON_SYNC })]] })])[0]?.independent).toBe(true);
  });

  it('answers for a traf without samples: nothing lasts, video cannot start there', () => {
    expect(inspect([traf({ runs: [] }), traf({ trackId: 2, runs: [[]] })])).toEqual([
      {
        trackId: 1,
        decodeTimeTicks: 1000n,
        durationTicks: 0n,
        sampleCount: 0,
        firstSampleTicks: 0,
        independent: false,
        presentationStartTicks: 1000n,
      },
      expect.objectContaining({ trackId: 2, sampleCount: 0, independent: true }),
    ]);
  });

  it('accepts a million samples without records and refuses more, at once', () => {
    const bomb = (count: number) => moofWith(tfhd(2), tfdt, fullBox('trun', 0, 0, u32(count)));
    expect(inspectChunk(bomb(0x10_0000), tracks)[0]?.sampleCount).toBe(0x10_0000);
    const several = moofWith(tfhd(2), tfdt, ...[1, 2].map(() => fullBox('trun', 0, 0, u32(0x8_0001))));
    for (const moof of [bomb(0x10_0001), bomb(0xffff_ffff), several]) {
      expect(() => inspectChunk(moof, tracks)).toThrow(expect.objectContaining({ code: 'fragment_malformed' }));
    }
  });

  it.each([
    ['no traf', box('moof', fullBox('mfhd', 0, 0, u32(1)))],
    ['no tfhd', moofWith(tfdt)],
    ['no tfdt', moofWith(tfhd(1))],
    ['trun before tfhd', moofWith(fullBox('trun', 0, 0, u32(0)), tfhd(1), tfdt)],
    ['a tfhd shorter than its flags say', moofWith(fullBox('tfhd', 0, 0x3b, u32(1)), tfdt)],
    ['a trun shorter than its samples', moofWith(tfhd(1), tfdt, fullBox('trun', 0, 0x100, u32(2), u32(512)))],
    ['a 64-bit tfdt with 32 bits', moofWith(tfhd(1), fullBox('tfdt', 1, 0, u32(0)))],
    ['two trafs of one track', box('moof', ...[1, 2].map(() => box('traf', tfhd(1), tfdt)))],
    ['a child larger than its parent', moofWith(concat(u32(500), ascii('tfhd')))],
    ['another box', box('moov')],
    ['bytes after the moof', concat(moofWith(tfhd(1), tfdt), box('free'))],
  ])('refuses a moof with %s', (_, moof) => {
    expect(() => inspectChunk(moof, tracks)).toThrow(expect.objectContaining({ code: 'fragment_malformed' }));
  });

  it('names the track that the init does not have', () => {
    expect(() => inspect([traf({ trackId: 9 })])).toThrow(
      expect.objectContaining({ code: 'track_unknown', message: expect.stringContaining('track_ID 9') }),
    );
  });

  it('says init_missing while no init has come', () => {
    expect(() => inspect([traf()], new Map())).toThrow(expect.objectContaining({ code: 'init_missing' }));
  });

  it.each([
    'h264.cmfv',
    'h264-b-frames.cmfv',
    'aac.cmfa',
    'opus.cmfa',
    'multiplexed.mp4',
    'multiplexed-delay-moov.mp4',
  ])('adds up the real stream %s to the times mp4box finds', (name) => {
    const units = unitsOf(fixture(name));
    const facts = tracksOf(initOf(units));
    const timings = chunksOf(units).flatMap(({ moof }) => inspectChunk(moof, facts));
    const oracle = oracleSamples(
      initOf(units),
      chunksOf(units).map(({ bytes }) => bytes),
    );
    for (const [trackId, samples] of oracle) {
      const own = timings.filter((timing) => timing.trackId === trackId);
      const durationTicks = own.reduce((sum, timing) => sum + timing.durationTicks, 0n);
      expect(own.reduce((sum, { sampleCount }) => sum + sampleCount, 0)).toBe(samples.length);
      expect(own[0]?.decodeTimeTicks).toBe(BigInt(samples[0]!.sample.dts));
      expect(durationTicks).toBe(BigInt(samples.reduce((sum, entry) => sum + entry.sample.duration, 0)));
      expect(own.reduce((least, timing) => Math.min(least, Number(timing.presentationStartTicks)), Infinity)).toBe(
        Math.min(...samples.map((entry) => entry.sample.cts)),
      );
    }
  });

  it('finds the key frame of a real low-latency segment in its first chunk only, and B-frames presented early', () => {
    const facts = tracksOf(fixture('ll-dash-init.cmfv'));
    const timings = chunksOf(unitsOf(fixture('ll-dash-2.cmfv'))).flatMap(({ moof }) => inspectChunk(moof, facts));
    expect(timings.map(({ independent }) => independent)).toEqual([true, false, false, false, false]);
    const units = unitsOf(fixture('h264-b-frames.cmfv'));
    const [first] = chunksOf(units).flatMap(({ moof }) => inspectChunk(moof, tracksOf(initOf(units))));
    expect(first!.presentationStartTicks).toBeLessThan(first!.decodeTimeTicks + 1n);
  });
});
