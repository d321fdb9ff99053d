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
