const box = (type: string, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
};

/** A segment type box of major brand msdh that carries one more brand. */
export const styp = (brand: string): Buffer =>
  box('styp', Buffer.from('msdh\0\0\0\0msdh', 'latin1'), Buffer.from(brand, 'latin1'));

/** A producer reference time of track 1 at 2026-01-01T00:00:00Z (ISO/IEC 14496-12 8.16.5). */
export function prft(): Buffer {
  const content = Buffer.alloc(28);
  content.writeUInt8(1, 0);
  content.writeUInt32BE(1, 4);
  content.writeUInt32BE(Date.UTC(2026, 0, 1) / 1000 + 2_208_988_800, 8);
  return box('prft', content);
}

/** An ID3 event of one second (version 1). */
export function emsg(id: number): Buffer {
  const numbers = Buffer.alloc(24);
  numbers.writeUInt32BE(1000, 0);
  numbers.writeBigUInt64BE(BigInt(id * 500), 4);
  numbers.writeUInt32BE(1000, 12);
  numbers.writeUInt32BE(id, 16);
  const version = Buffer.from([1, 0, 0, 0]);
  const texts = Buffer.from('https://aomedia.org/emsg/ID3\0\0', 'latin1');
  return box('emsg', version, numbers.subarray(0, 20), texts, Buffer.from('ID3\u0004\0\0\0\0\0\0', 'latin1'));
}
