import * as fc from 'fast-check';
import { BoxScanner } from './box-scanner.ts';
import { inspectChunk } from './chunk-inspector.ts';
import { splitChunk } from './chunk-splitter.ts';
import { splitInit } from './init-splitter.ts';
import type { ChunkBytes } from './model.ts';
import { safeDecodeTimes, trafArbitrary } from '../testing/arbitraries.ts';
import { box, concat, fullBox, initSegment, prft, styp, u32 } from '../testing/boxes.ts';
import { chunksOf, fixture, initOf, tracksOf, unitsOf } from '../testing/fixtures.ts';
import { fragment, type FragmentOptions, type TestTraf } from '../testing/fragment.ts';
import { oracleSamples } from '../testing/oracle.ts';

const init = initSegment([
  { trackId: 1, entry: 'avc1' },
  { trackId: 2, entry: 'mp4a', defaultSizeBytes: 3, defaultDurationTicks: 1024 },
  { trackId: 3, entry: 'wvtt' },
]);
const tracks = tracksOf(init);

const boxesOf = (bytes: Uint8Array) => new BoxScanner({ maxBoxBytes: 1 << 20 }).push(bytes);
const typesOf = (bytes: Uint8Array): string[] => boxesOf(bytes).map(({ type }) => type);

const chunkOf = (trafs: readonly TestTraf[], options: FragmentOptions = {}): ChunkBytes => {
  const bytes = fragment(trafs, options);
  const moofOffset = concat(...(options.leading ?? [])).length;
  const moofBytes = new DataView(bytes.buffer).getUint32(moofOffset);
  return {
    bytes,
    moofOffset,
    moof: bytes.subarray(moofOffset, moofOffset + moofBytes),
    ...(options.streamOffset === undefined ? {} : { streamOffset: options.streamOffset }),
  };
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const sampleData = (traf: TestTraf): Uint8Array[] => traf.runs.flat().map(({ data }) => data);

const perSample = { duration: true, size: true, flags: true, composition: false };

const traf = (trackId: number, ...data: number[][]): TestTraf => ({
  trackId,
  decodeTimeTicks: 5n,
  perSample,
  runs: [data.map((bytes) => ({ durationTicks: 10, flags: 0, compositionTicks: 0, data: Uint8Array.from(bytes) }))],
});

/** All ways in which a source may address samples: [addressing, contiguous]. */
const SHAPES = [
  ['moof', false],
  ['moof', true],
  ['previous', true],
  ['previous', false],
  ['absolute', false],
  ['absolute', true],
] as const;

describe('splitChunk', () => {
  it('keeps the sample bytes of every track, in order, and its timing, for every shape of fragment', () => {
    const trafs = fc
      .uniqueArray(fc.constantFrom(1, 2, 3), { minLength: 2, maxLength: 3 })
      .chain((ids) => fc.tuple(...ids.map((trackId) => trafArbitrary(trackId, safeDecodeTimes))));
    const inits = splitInit(init);
    fc.assert(
      fc.property(
        trafs,
        fc.constantFrom(...SHAPES),
        fc.nat(1e9),
        (generated, [addressing, contiguous], streamOffset) => {
          const source = generated.map((one) => ({ ...one, addressing }));
          const chunk = chunkOf(source, { contiguous, streamOffset });
          const parts = splitChunk(chunk, tracks);
          expect(parts.map(({ trackId }) => trackId)).toEqual(source.map(({ trackId }) => trackId));
          expect(parts.flatMap(({ moof }) => inspectChunk(moof, tracks))).toEqual(inspectChunk(chunk.moof, tracks));
          parts.forEach(({ trackId, bytes }, index) => {
            const seen = oracleSamples(inits.get(trackId)!, [bytes]).get(trackId)!;
            expect(seen.map(({ data }) => data)).toEqual(sampleData(source[index]!));
          });
        },
      ),
    );
  });

  it('returns a chunk of one track as it is', () => {
    for (const addressing of ['moof', 'previous'] as const) {
      const chunk = chunkOf([{ ...traf(1, [1, 2]), addressing }], { leading: [styp(), box('emsg')] });
      const [only, ...others] = splitChunk(chunk);
      expect(others).toEqual([]);
      expect(only).toEqual({ trackId: 1, bytes: chunk.bytes, moof: chunk.moof });
      expect(only?.bytes).toBe(chunk.bytes);
    }
  });

  it('makes a chunk of one track relative to its moof when it uses base_data_offset', () => {
    const chunk = chunkOf([{ ...traf(1, [7, 8]), addressing: 'absolute' }], { leading: [styp()], streamOffset: 9000 });
    const [only] = splitChunk(chunk);
    const relative = chunkOf([{ ...traf(1, [7, 8]), addressing: 'moof' }], { leading: [styp()] });
    expect(only?.bytes).toEqual(relative.bytes);
    expect(only?.moof).toEqual(relative.moof);
  });

  it('sends styp to every track, prft to the track it names, everything else once to the first, and drops sidx', () => {
    const leading = [
      styp(),
      prft(2, 1n << 63n, 0n),
      prft(8, 1n << 63n, 0n),
      box('sidx'),
      box('emsg'),
      box('uuid', new Uint8Array(16)),
    ];
    const [first, second] = splitChunk(chunkOf([traf(1, [1]), traf(2, [2])], { leading }));
    expect(typesOf(first!.bytes)).toEqual(['styp', 'prft', 'emsg', 'uuid', 'moof', 'mdat']);
    expect(boxesOf(first!.bytes)[1]?.bytes).toEqual(leading[2]);
    expect(typesOf(second!.bytes)).toEqual(['styp', 'prft', 'moof', 'mdat']);
    expect(boxesOf(second!.bytes)[1]?.bytes).toEqual(leading[1]);
  });

  it("keeps a traf's other boxes with its track, and the moof's other boxes with the first track", () => {
    const extra = [fullBox('subs', 0, 0, u32(0)), box('uuid', new Uint8Array(20))];
    const moofExtra = [box('pssh', u32(77))];
    const [first, second] = splitChunk(chunkOf([traf(1, [1]), { ...traf(2, [2]), extra }], { moofExtra }));
    expect(hex(second!.moof)).toContain(hex(concat(...extra)));
    expect(hex(first!.moof)).not.toContain(hex(extra[0]!));
    expect(hex(first!.moof)).toContain(hex(moofExtra[0]!));
    expect(hex(second!.moof)).not.toContain(hex(moofExtra[0]!));
  });

  it('takes sample sizes from trex where nothing else states them', () => {
    const fromTrex: TestTraf = {
      ...traf(2, [4, 5, 6], [7, 8, 9]),
      perSample: { duration: false, size: false, flags: false, composition: false },
      defaults: 'trex',
    };
    const chunk = chunkOf([traf(1, [1]), fromTrex]);
    const [, audio] = splitChunk(chunk, tracks);
    expect(boxesOf(audio!.bytes).at(-1)?.bytes.subarray(8)).toEqual(Uint8Array.of(4, 5, 6, 7, 8, 9));
    expect(() => splitChunk(chunk)).toThrow(expect.objectContaining({ code: 'fragment_malformed' }));
  });

  it('gives an empty mdat to a track without samples', () => {
    const [, empty] = splitChunk(chunkOf([traf(1, [1]), traf(2)]));
    expect(boxesOf(empty!.bytes).at(-1)?.bytes).toEqual(box('mdat'));
  });

  it.each([
    [
      'base_data_offset without a place in the stream',
      [{ ...traf(1, [1]), addressing: 'absolute' as const }, traf(2, [2])],
      'fragment_malformed',
    ],
    ['two trafs of one track', [traf(1, [1]), traf(1, [2])], 'fragment_malformed'],
    [
      'auxiliary sample data',
      [{ ...traf(1, [1]), extra: [fullBox('saio', 0, 0, u32(0))] }, traf(2, [2])],
      'unexpected_box',
    ],
  ])('refuses %s', (_, trafs, code) => {
    expect(() => splitChunk(chunkOf(trafs))).toThrow(expect.objectContaining({ code }));
  });

  it.each([-100, 1, 100_000, 0x7fff_ffff])('refuses samples outside the mdat (data offset off by %i)', (shift) => {
    const chunk = chunkOf([traf(1, [1, 2, 3]), traf(2, [4])]);
    const at = Buffer.from(chunk.bytes).lastIndexOf('trun') + 12;
    const view = new DataView(chunk.bytes.buffer);
    view.setInt32(at, Math.min(view.getInt32(at) + shift, 0x7fff_ffff));
    expect(() => splitChunk(chunk)).toThrow(expect.objectContaining({ code: 'fragment_malformed' }));
  });

  it('refuses runs that overlap: a small chunk must not become a large one', () => {
    const chunk = chunkOf([traf(1, [1, 2, 3]), traf(2, [4, 5, 6])]);
    const buffer = Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset, chunk.bytes.length);
    const firstOffset = buffer.readInt32BE(buffer.indexOf('trun') + 12);
    buffer.writeInt32BE(firstOffset, buffer.lastIndexOf('trun') + 12);
    buffer.writeUInt32BE(4, buffer.lastIndexOf('trun') + 20);
    expect(() => splitChunk(chunk)).toThrow(expect.objectContaining({ message: expect.stringContaining('overlap') }));
  });

  it.each(['multiplexed.mp4', 'multiplexed-absolute.mp4', 'multiplexed-delay-moov.mp4'])(
    'splits the real stream %s into tracks whose sample tables mp4box reads like those of the source',
    (name) => {
      const units = unitsOf(fixture(name));
      const chunks = chunksOf(units);
      const source = oracleSamples(
        initOf(units),
        chunks.map(({ bytes }) => bytes),
      );
      const parts = chunks.flatMap((chunk) => splitChunk(chunk, tracksOf(initOf(units))));
      for (const [trackId, trackInit] of splitInit(initOf(units))) {
        const own = parts.filter((part) => part.trackId === trackId).map(({ bytes }) => bytes);
        const split = oracleSamples(trackInit, own).get(trackId)!;
        const facts = ({ sample, data }: (typeof split)[number]) => ({
          data,
          dts: sample.dts,
          cts: sample.cts,
          duration: sample.duration,
          isSync: sample.is_sync,
        });
        expect(split.length).toBeGreaterThan(50);
        expect(split.map(facts)).toEqual(source.get(trackId)!.map(facts));
      }
    },
  );
});
