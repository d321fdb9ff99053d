/** Bytes of an answer, whole or as the pieces they are kept in. */
export type Body = Buffer | readonly Buffer[];

/** Its size in bytes. */
export const bodySize = (body: Body): number =>
  Buffer.isBuffer(body) ? body.length : body.reduce((sum, piece) => sum + piece.length, 0);

/** The bytes from `first` to `last`, both included, without copying any. */
export function bodySlice(body: Body, first: number, last: number): Body {
  if (Buffer.isBuffer(body)) return body.subarray(first, last + 1);
  const slices: Buffer[] = [];
  let start = 0;
  for (const piece of body) {
    const end = start + piece.length;
    if (end > first && start <= last) slices.push(piece.subarray(Math.max(0, first - start), last + 1 - start));
    start = end;
  }
  return slices;
}

/** One buffer of all bytes. */
export const wholeBody = (body: Body): Buffer => (Buffer.isBuffer(body) ? body : Buffer.concat(body));
