import { splitCmaf } from './cmaf-file.mjs';

const uint32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const box = (type, ...parts) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([uint32(body.length + 8), Buffer.from(type, 'latin1'), body]);
};
const mdhd = (timescale) => box('mdhd', uint32(0), uint32(0), uint32(0), uint32(timescale));
const tfdt64 = (ticks) => box('tfdt', uint32(0x01_00_00_00), uint32(0), uint32(ticks));
const init = Buffer.concat([box('ftyp'), box('moov', box('trak', box('mdia', mdhd(1000))))]);
const chunk = (ticks, size) =>
  Buffer.concat([box('moof', box('traf', tfdt64(ticks))), box('mdat', Buffer.alloc(size))]);

describe('splitting a CMAF file', () => {
  it('gives the init segment and each chunk with its media time', () => {
    const chunks = [chunk(500, 3), chunk(1000, 5), chunk(1750, 7)];
    const track = splitCmaf(Buffer.concat([init, ...chunks, box('mfra')]));
    expect(track.init).toEqual(init);
    expect(track.chunks.map(({ bytes }) => bytes)).toEqual(chunks);
    expect(track.chunks.map(({ startSec, endSec }) => [startSec, endSec])).toEqual([
      [0.5, 1],
      [1, 1.75],
      [1.75, 2.5],
    ]);
  });

  it('says what it misses', () => {
    expect(() => splitCmaf(Buffer.concat([init, chunk(0, 1)]))).toThrow('at least two chunks');
    expect(() => splitCmaf(Buffer.concat([init, box('moof'), box('free')]))).toThrow('mdat');
    expect(() => splitCmaf(box('ftyp'))).toThrow('a moov box was expected');
    expect(() => splitCmaf(Buffer.concat([init, uint32(4), Buffer.alloc(4)]))).toThrow('got 4');
  });
});
