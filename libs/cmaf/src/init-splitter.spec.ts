import { createFile, MP4BoxBuffer } from 'mp4box';
import { readInit } from './init-facts.ts';
import { splitInit } from './init-splitter.ts';
import { box, concat, fullBox, initSegment, type TestTrack, u64 } from '../testing/boxes.ts';
import { fixture, initOf, unitsOf } from '../testing/fixtures.ts';

const video: TestTrack = { trackId: 3, entry: 'avc1', defaultDurationTicks: 512, durationTicks: 77, edits: true };
const audio: TestTrack = {
  trackId: 7,
  entry: 'mp4a',
  defaultFlags: 9,
  durationTicks: 77,
  headerVersion: 1,
  language: 'deu',
};

const oracle = (init: Uint8Array) => {
  const file = createFile();
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(init.slice().buffer, 0), true);
  return file;
};

describe('splitInit', () => {
  it('returns the init of a single track as it is', () => {
    const init = initSegment([video]);
    expect(splitInit(init).get(3)).toBe(init);
  });

  it('gives each track an init of its own with the same facts', () => {
    const init = initSegment([video, audio]);
    const { tracks } = readInit(init);
    const parts = splitInit(init);
    expect([...parts.keys()]).toEqual([3, 7]);
    for (const track of tracks) {
      expect(readInit(parts.get(track.trackId)!)).toEqual({
        majorBrand: 'iso6',
        compatibleBrands: ['iso6', 'cmfc'],
        tracks: [track],
      });
    }
  });

  it('writes inits that mp4box reads: one trak, its trex, durations 0, the edit list kept', () => {
    for (const [trackId, part] of splitInit(initSegment([video, audio]))) {
      const { moov } = oracle(part);
      expect(moov.mvhd.duration).toBe(0);
      expect(moov.traks.map(({ tkhd, mdia }) => [tkhd.track_id, tkhd.duration, mdia.mdhd.duration])).toEqual([
        [trackId, 0, 0],
      ]);
      expect(moov.mvex?.trexs.map((trex) => trex.track_id)).toEqual([trackId]);
      expect(moov.traks[0]?.edts?.elst?.entries).toEqual(
        trackId === 3 ? [expect.objectContaining({ media_time: 1024 })] : undefined,
      );
    }
  });

  it('keeps the boxes of the movie for every track, without iods', () => {
    const user = box('udta', box('name', u64(5n)));
    const init = initSegment([video, audio], [user, fullBox('iods', 0, 0, new Uint8Array(12))]);
    for (const part of splitInit(init).values()) {
      expect(Buffer.from(part).includes(Buffer.from(user))).toBe(true);
      expect(Buffer.from(part).includes('iods')).toBe(false);
    }
  });

  it('leaves the source untouched', () => {
    const init = initSegment([video, audio]);
    const before = init.slice();
    splitInit(init);
    expect(init).toEqual(before);
  });

  it('splits a real multiplexed init', () => {
    const init = initOf(unitsOf(fixture('multiplexed-delay-moov.mp4')));
    const codecs = [...splitInit(init)].map(([trackId, part]) => [trackId, oracle(part).getInfo().tracks[0]?.codec]);
    expect(codecs).toEqual([
      [1, expect.stringMatching(/^avc1\./)],
      [2, 'mp4a.40.2'],
    ]);
  });

  it('refuses what is no init', () => {
    expect(() => splitInit(concat(box('moov')))).toThrow(expect.objectContaining({ code: 'init_malformed' }));
  });
});
