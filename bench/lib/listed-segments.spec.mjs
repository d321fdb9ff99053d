import { listedSegments } from './listed-segments.mjs';

describe('segments of a media playlist', () => {
  it('numbers them and carries the wall clock on from the last one stated', () => {
    const text = [
      '#EXTM3U',
      '#EXT-X-MEDIA-SEQUENCE:7',
      '#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:10.000Z',
      '#EXTINF:1.5,',
      '7.m4s',
      '#EXTINF:2,',
      '8.m4s',
      '',
    ].join('\n');
    expect(listedSegments(text)).toEqual([
      { uri: '7.m4s', mediaSequence: 7, durationSec: 1.5, startEpochMs: 10_000 },
      { uri: '8.m4s', mediaSequence: 8, durationSec: 2, startEpochMs: 11_500 },
    ]);
  });
});
