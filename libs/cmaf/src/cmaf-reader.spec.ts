import * as fc from 'fast-check';
import { CmafReader } from './cmaf-reader.ts';
import type { CmafUnit } from './model.ts';
import { box, concat, ftyp, initSegment, prft, styp, u32 } from '../testing/boxes.ts';
import { piecesOf } from '../testing/arbitraries.ts';
import { chunksOf, fixture, LIMITS, unitsOf } from '../testing/fixtures.ts';

const init = initSegment([{ trackId: 1, entry: 'avc1' }]);
const moof = box('moof', box('mfhd', u32(0), u32(1)));
const mdat = box('mdat', new Uint8Array(20));
const mfra = box('mfra');
const emsg = box('emsg', u32(9));

/** Everything a reader says about a stream: units, then the error it ends with. */
function read(pieces: readonly Uint8Array[]) {
  const reader = new CmafReader(LIMITS);
  const units: CmafUnit[] = [];
  try {
    for (const piece of pieces) units.push(...reader.push(piece));
    units.push(...reader.end());
    return { units, error: undefined };
  } catch (error) {
    return { units, error };
  }
}

const bytesOf = (units: readonly CmafUnit[]): Uint8Array =>
  concat(...units.map((unit) => (unit.kind === 'end' ? new Uint8Array(0) : unit.bytes)));

const chunkArbitrary = fc
  .array(fc.constantFrom(styp('msdh'), prft(1, 1n << 62n, 0n), emsg, box('free'), box('uuid', new Uint8Array(20))), {
    maxLength: 4,
  })
  .map((leading) => concat(...leading, moof, mdat));

describe('CmafReader', () => {
  it('gives the same units however the stream is cut, and together they are the stream', () => {
    const streams = fc.array(fc.oneof(chunkArbitrary, fc.constant(init)), { maxLength: 6 }).chain((parts) => {
      const stream = concat(...parts);
      return fc.record({ stream: fc.constant(stream), pieces: piecesOf(stream), count: fc.constant(parts.length) });
    });
    fc.assert(
      fc.property(streams, ({ stream, pieces, count }) => {
        const cut = read(pieces);
        expect(cut).toEqual(read([stream]));
        expect(cut.units).toHaveLength(count);
        expect(bytesOf(cut.units)).toEqual(stream);
      }),
    );
  });

  it('keeps whole chunks of a stream that breaks off or turns to garbage, however it is cut', () => {
    const good = concat(init, moof, mdat, styp(), moof, mdat);
    const tails = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.constantFrom(mdat, moof.subarray(0, 20), concat(moof, moof)),
    );
    const streams = tails.chain((tail) => {
      const stream = concat(good, tail);
      return fc.record({ stream: fc.constant(stream), pieces: piecesOf(stream) });
    });
    fc.assert(
      fc.property(streams, ({ stream, pieces }) => {
        const cut = read(pieces);
        expect(cut).toEqual(read([stream]));
        expect(bytesOf(cut.units).subarray(0, good.length)).toEqual(good);
      }),
    );
  });

  it('shows where the moof is, in the chunk and in the stream', () => {
    const [, chunk] = chunksOf(unitsOf(concat(init, moof, mdat, styp(), emsg, moof, mdat)));
    expect(chunk?.moof).toEqual(moof);
    expect(chunk?.moofOffset).toBe(styp().length + emsg.length);
    expect(chunk?.streamOffset).toBe(init.length + moof.length + mdat.length);
  });

  it('keeps boxes between ftyp and moov in the init', () => {
    const moov = init.subarray(ftyp().length);
    const sent = concat(ftyp(), box('free', u32(1)), box('uuid', new Uint8Array(16)), moov);
    expect(unitsOf(sent)).toEqual([{ kind: 'init', bytes: sent }]);
  });

  it('gives a repeated init and lets boxes ahead of it lead the next chunk', () => {
    const units = unitsOf(concat(init, emsg, init, moof, mdat));
    expect(units.map(({ kind }) => kind)).toEqual(['init', 'init', 'chunk']);
    expect(chunksOf(units)[0]?.bytes).toEqual(concat(emsg, moof, mdat));
  });

  it('says end at mfra', () => {
    expect(unitsOf(concat(moof, mdat, mfra)).map(({ kind }) => kind)).toEqual(['chunk', 'end']);
  });

  it('marks every chunk of a segment with the brand lmsg and says end when that segment is complete', () => {
    const units = unitsOf(concat(styp(), moof, mdat, styp('msix', 'lmsg'), moof, mdat, moof, mdat));
    expect(chunksOf(units).map(({ lastMarker }) => lastMarker)).toEqual([false, true, true]);
    expect(units.at(-1)).toEqual({ kind: 'end' });
  });

  it('takes the brand lmsg back when another segment or a new init follows', () => {
    const again = unitsOf(concat(styp('lmsg'), moof, mdat, styp(), moof, mdat));
    expect(chunksOf(again).map(({ lastMarker }) => lastMarker)).toEqual([true, false]);
    expect(again.at(-1)?.kind).toBe('chunk');
    expect(unitsOf(concat(styp('lmsg'), moof, mdat, init)).at(-1)?.kind).toBe('init');
  });

  it.each([
    ['several mdats after a moof', concat(moof, mdat, mdat), 'unexpected_box', ['chunk']],
    ['mdat without moof', mdat, 'unexpected_box', []],
    ['two moofs in a row', concat(moof, moof), 'unexpected_box', []],
    ['moov without ftyp', init.subarray(ftyp().length), 'init_malformed', []],
    ['ftyp twice', concat(ftyp(), ftyp()), 'init_malformed', []],
    ['media before moov (a progressive file)', concat(ftyp(), mdat), 'unexpected_box', []],
    ['an end after moof', moof, 'box_truncated', []],
    ['an end after ftyp', ftyp(), 'box_truncated', []],
    ['an end inside a box', concat(init, moof, mdat, mdat.subarray(0, 9)), 'box_truncated', ['init', 'chunk']],
    ['a chunk over the limit', concat(moof, box('free', new Uint8Array(1_048_540)), mdat, moof), 'box_too_large', []],
    ['leading boxes over the limit', box('free', new Uint8Array(1_048_600)), 'box_too_large', []],
    ['a chunk of very many boxes', concat(...Array.from({ length: 300 }, () => box('free'))), 'box_too_large', []],
    ['an init over the limit', concat(ftyp(), box('free', new Uint8Array(65_536))), 'box_too_large', []],
  ])('refuses %s with a typed error, after the units before it', (_, stream, code, kinds) => {
    const { units, error } = read([stream]);
    expect(units.map(({ kind }) => kind)).toEqual(kinds);
    expect(error).toMatchObject({ code });
  });

  it.each([
    ['h264.cmfv', 1, 2],
    ['h264-b-frames.cmfv', 1, 4],
    ['aac.cmfa', 1, 4],
    ['multiplexed.mp4', 1, 2],
    ['ll-dash-1.cmfv', 0, 5],
  ])('cuts the real stream %s into its init and chunks, every byte but mfra', (name, inits, chunks) => {
    const stream = fixture(name);
    const units = unitsOf(stream);
    expect(units.filter(({ kind }) => kind === 'init')).toHaveLength(inits);
    expect(chunksOf(units)).toHaveLength(chunks);
    const held = bytesOf(units);
    expect(held).toEqual(stream.subarray(0, held.length));
    const rest = stream.subarray(held.length);
    expect(String.fromCharCode(...rest.subarray(4, 8))).toBe(inits === 1 ? 'mfra' : '');
  });
});
