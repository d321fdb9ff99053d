import * as fc from 'fast-check';
import { BoxScanner } from './box-scanner.ts';
import { ascii, box, concat, fullBox, largeBox, u32, u64 } from '../testing/boxes.ts';
import { piecesOf } from '../testing/arbitraries.ts';

const anyBox = fc
  .record({
    write: fc.constantFrom(box, largeBox),
    type: fc.constantFrom('moof', 'mdat', 'free', 'abcd', 'uuid'),
    content: fc.uint8Array({ minLength: 16, maxLength: 200 }),
  })
  .map(({ write, type, content }) => write(type, content));

/** Everything a scanner says about a stream: boxes, then the error it ends with. */
function scan(pieces: readonly Uint8Array[], maxBoxBytes = 1000) {
  const scanner = new BoxScanner({ maxBoxBytes });
  const types: string[] = [];
  const bytes: Uint8Array[] = [];
  try {
    for (const piece of pieces) {
      for (const found of scanner.push(piece)) {
        types.push(found.type);
        bytes.push(found.bytes.slice());
      }
    }
    scanner.end();
    return { types, bytes: concat(...bytes), error: undefined };
  } catch (error) {
    return { types, bytes: concat(...bytes), error };
  }
}

describe('BoxScanner', () => {
  it('finds the same boxes however the stream is cut, and loses no byte', () => {
    const streams = fc.array(anyBox, { maxLength: 8 }).chain((boxes) => {
      const stream = concat(...boxes);
      return fc.record({ stream: fc.constant(stream), pieces: piecesOf(stream), count: fc.constant(boxes.length) });
    });
    fc.assert(
      fc.property(streams, ({ stream, pieces, count }) => {
        const cut = scan(pieces);
        expect(cut).toEqual(scan([stream]));
        expect(cut.types).toHaveLength(count);
        expect(cut.bytes).toEqual(stream);
        expect(cut.error).toBeUndefined();
      }),
    );
  });

  it('returns the boxes ahead of an error, then the error, however the stream is cut', () => {
    const streams = fc
      .record({ boxes: fc.array(anyBox, { maxLength: 4 }), tail: fc.uint8Array({ minLength: 1, maxLength: 40 }) })
      .chain(({ boxes, tail }) => {
        const stream = concat(...boxes, tail);
        return fc.record({ stream: fc.constant(stream), pieces: piecesOf(stream) });
      });
    fc.assert(fc.property(streams, ({ stream, pieces }) => expect(scan(pieces)).toEqual(scan([stream]))));
  });

  it('reports the header size of plain, 64-bit and uuid boxes', () => {
    const extendedType = new Uint8Array(16);
    const stream = concat(
      box('free'),
      largeBox('mdat', u32(1)),
      box('uuid', extendedType),
      largeBox('uuid', extendedType),
    );
    const boxes = new BoxScanner({ maxBoxBytes: 100 }).push(stream);
    expect(boxes.map(({ headerBytes }) => headerBytes)).toEqual([8, 16, 24, 32]);
  });

  it('counts the bytes of the unfinished box and forgets them when it is whole', () => {
    const scanner = new BoxScanner({ maxBoxBytes: 100 });
    const whole = box('mdat', u32(1), u32(2));
    scanner.push(whole.subarray(0, 5));
    expect(scanner.pendingBytes).toBe(5);
    scanner.push(whole.subarray(5, 12));
    expect(scanner.pendingBytes).toBe(12);
    expect(scanner.push(whole.subarray(12))[0]?.bytes).toEqual(whole);
    expect(scanner.pendingBytes).toBe(0);
  });

  it.each([
    ['an oversized box', concat(u32(101), ascii('mdat')), 'box_too_large'],
    ['an oversized 64-bit box', concat(u32(1), ascii('mdat'), u64(2n ** 63n)), 'box_too_large'],
    ['a box to the end of the file', concat(u32(0), ascii('mdat')), 'box_malformed'],
    ['a box smaller than its header', concat(u32(7), ascii('mdat')), 'box_malformed'],
    ['a uuid box without its extended type', concat(u32(12), ascii('uuid')), 'box_malformed'],
    ['a type that cannot be printed', concat(u32(8), u32(7)), 'box_malformed'],
  ])('refuses %s at its header, before any content', (_, header, code) => {
    const scanner = new BoxScanner({ maxBoxBytes: 100 });
    expect(() => scanner.push(header)).toThrow(expect.objectContaining({ code }));
    expect(() => scanner.push(box('free'))).toThrow(expect.objectContaining({ code }));
    expect(() => scanner.end()).toThrow(expect.objectContaining({ code }));
    expect(scanner.pendingBytes).toBe(0);
  });

  it.each([3, 8, 11])('says box_truncated when the stream ends %i bytes into a box', (sentBytes) => {
    const scanner = new BoxScanner({ maxBoxBytes: 100 });
    scanner.push(concat(box('free'), fullBox('prft', 0, 0).subarray(0, sentBytes)));
    expect(() => scanner.end()).toThrow(expect.objectContaining({ code: 'box_truncated' }));
  });
});
