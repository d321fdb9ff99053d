import { boxesAt, topLevelBoxes } from './cmaf-walk.ts';

/** An init segment as rfc8216bis 3.1.2 wants it: of one track, without samples and without durations. */
export function expectEmptyInit(init: Buffer): void {
  expect(boxesAt(init, 'ftyp')[0]!.content.toString('latin1')).toMatch(/iso[6-9]|cmf[c2]/);
  expect(topLevelBoxes(init).map(({ type }) => type)).not.toContain('mdat');
  expect(boxesAt(init, 'moov/mvex/trex')).toHaveLength(1);
  for (const table of ['stts', 'stsc', 'stco']) {
    for (const { content } of boxesAt(init, `moov/trak/mdia/minf/stbl/${table}`)) {
      expect(content.readUInt32BE(4)).toBe(0);
    }
  }
  expect(boxesAt(init, 'moov/trak/mdia/minf/stbl/stsz')[0]!.content.readUInt32BE(8)).toBe(0);
  const movie = boxesAt(init, 'moov/mvhd')[0]!.content;
  expect([movie[0], movie.readUInt32BE(16)]).toEqual([0, 0]);
  const track = boxesAt(init, 'moov/trak/tkhd')[0]!.content;
  expect([track[0], track.readUInt32BE(20)]).toEqual([0, 0]);
}

/** RFC 6381 codec string of an H.264 or AAC init segment, from the bytes of its decoder configuration. */
export function codecOf(init: Buffer): string {
  const avcC = init.indexOf('avcC');
  if (avcC > 0) return `avc1.${init.toString('hex', avcC + 5, avcC + 8)}`;
  // The tag of DecoderSpecificInfo with its length in four bytes, as ffmpeg writes it; the object type is in the top five bits.
  const specific = init.indexOf(Buffer.from([5, 0x80, 0x80, 0x80]), init.indexOf('esds'));
  return `mp4a.40.${init[specific + 5]! >> 3}`;
}
