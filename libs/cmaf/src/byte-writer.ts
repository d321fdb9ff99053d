import { fourcc, viewOf } from './box-cursor.ts';

/** One array of its own with the bytes of all pieces. */
export function concatBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}

/** A box of this type around the pieces, with a 32-bit size. */
export function boxBytes(type: string, pieces: readonly Uint8Array[]): Uint8Array {
  const box = concatBytes([new Uint8Array(8), ...pieces]);
  const view = viewOf(box);
  view.setUint32(0, box.length);
  view.setUint32(4, fourcc(type));
  return box;
}
