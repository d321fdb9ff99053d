import { createHash } from 'node:crypto';

/** Top-level boxes of a byte stream, read without any code of the origin. */
export function topLevelBoxes(bytes: Buffer): Array<{ type: string; start: number; end: number }> {
  const boxes: Array<{ type: string; start: number; end: number }> = [];
  for (let start = 0; start + 8 <= bytes.length;) {
    const small = bytes.readUInt32BE(start);
    const size = small === 1 ? Number(bytes.readBigUInt64BE(start + 8)) : small;
    if (size < 8) throw new Error(`box at ${start}: size ${size}`);
    boxes.push({ type: bytes.toString('latin1', start + 4, start + 8), start, end: start + size });
    start += size;
  }
  return boxes;
}

/** The chunks of a stream: every byte after the previous mdat (or the moov) up to the end of the next mdat. */
export function chunksOf(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  let from = 0;
  for (const box of topLevelBoxes(bytes)) {
    if (box.type === 'moov') from = box.end;
    if (box.type !== 'mdat') continue;
    chunks.push(bytes.subarray(from, box.end));
    from = box.end;
  }
  return chunks;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A box with its content, which begins after size and type. */
export interface FoundBox {
  readonly type: string;
  /** Of the first byte of the box in the searched bytes. */
  readonly start: number;
  readonly content: Buffer;
}

/** Every box on a path such as `moof/traf/tfdt`, in order. */
export function boxesAt(bytes: Buffer, path: string): FoundBox[] {
  const [type, ...rest] = path.split('/');
  const found = topLevelBoxes(bytes)
    .filter((box) => box.type === type)
    .map((box) => ({ type: box.type, start: box.start, content: bytes.subarray(box.start + 8, box.end) }));
  if (rest.length === 0) return found;
  return found.flatMap((box) =>
    boxesAt(box.content, rest.join('/')).map((inner) => ({ ...inner, start: inner.start + box.start + 8 })),
  );
}

/** The init segment of a stream: everything up to the end of `moov`. */
export function initOf(bytes: Buffer): Buffer {
  const moov = topLevelBoxes(bytes).find((box) => box.type === 'moov');
  if (moov === undefined) throw new Error('expected a moov, got none');
  return bytes.subarray(0, moov.end);
}

/** Decode time of the first `traf` of a chunk or segment, ticks. */
export function decodeTimeOf(bytes: Buffer): bigint {
  const { content } = boxesAt(bytes, 'moof/traf/tfdt')[0]!;
  return content[0] === 1 ? content.readBigUInt64BE(4) : BigInt(content.readUInt32BE(4));
}

/** Timescale of the first track of an init segment, ticks per second. */
export function timescaleOf(init: Buffer): number {
  const { content } = boxesAt(init, 'moov/trak/mdia/mdhd')[0]!;
  return content.readUInt32BE(content[0] === 1 ? 20 : 12);
}

/** A copy of a chunk with every `tfdt` moved by this many ticks; they must be of 64 bits. */
export function shifted(chunk: Buffer, byTicks: bigint): Buffer {
  const copy = Buffer.from(chunk);
  for (const { start } of boxesAt(copy, 'moof/traf/tfdt')) {
    copy.writeBigUInt64BE(copy.readBigUInt64BE(start + 12) + byTicks, start + 12);
  }
  return copy;
}
