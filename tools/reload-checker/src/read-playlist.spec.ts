import type { MediaPlaylist } from './model.ts';
import { readPlaylist } from './read-playlist.ts';

const URL = 'http://origin.test/live/v.m3u8';

function media(text: string, base?: MediaPlaylist): MediaPlaylist {
  const playlist = readPlaylist(text, URL, base);
  if (playlist.kind !== 'media') throw new Error('expected a media playlist');
  return playlist;
}

const FULL = `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-MAP:URI="a.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXTINF:2.000,
7.m4s
#EXTINF:1.5,with a title
8.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="b.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:01:00.000Z
#EXTINF:2.0,
9.m4s
#EXT-X-PART:DURATION=0.5,URI="10.0.m4s",INDEPENDENT=YES
`;

describe('a media playlist as it is read', () => {
  it('carries numbers, map and wall clock from segment to segment', () => {
    const { segments, open } = media(FULL);
    expect(
      segments.map(({ mediaSequence, discontinuitySequence, uri, map }) => [
        mediaSequence,
        discontinuitySequence,
        uri,
        map?.uri,
      ]),
    ).toEqual([
      [7, 3, '7.m4s', 'a.mp4'],
      [8, 3, '8.m4s', 'a.mp4'],
      [9, 4, '9.m4s', 'b.mp4'],
    ]);
    expect(segments.map(({ startEpochMs }) => new Date(startEpochMs ?? 0).toISOString())).toEqual([
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T00:00:02.000Z',
      '2026-01-01T00:01:00.000Z',
    ]);
    expect(open).toMatchObject({
      mediaSequence: 10,
      discontinuitySequence: 4,
      parts: [{ uri: '10.0.m4s', independent: true }],
    });
  });

  it('puts the segments of the base where a delta update skips', () => {
    const delta = FULL.replace(/#EXT-X-MAP:URI="a.mp4"[^]*8\.m4s\n/, '#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n');
    const { segments, missing } = media(delta, media(FULL));
    expect(missing).toBe(0);
    expect(segments).toEqual(media(FULL).segments);
  });

  it('counts what the base lacks of the skipped segments', () => {
    const delta = FULL.replace(/#EXT-X-MAP:URI="a.mp4"[^]*8\.m4s\n/, '#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n');
    const old = media(FULL.replace('MEDIA-SEQUENCE:7', 'MEDIA-SEQUENCE:5').replace(/#EXT-X-DISCONTINUITY\n[^]*/, ''));
    expect(media(delta, old).missing).toBe(2);
  });

  it('goes on in the same resource where a byte range has no start', () => {
    const text = '#EXTM3U\n#EXTINF:2,\n#EXT-X-BYTERANGE:100@20\na.mp4\n#EXTINF:2,\n#EXT-X-BYTERANGE:50\na.mp4\n';
    expect(media(text).segments.map(({ byteRange }) => byteRange)).toEqual([
      { lengthBytes: 100, startBytes: 20 },
      { lengthBytes: 50, startBytes: 120 },
    ]);
  });

  it('reads what is no playlist without complaint', () => {
    for (const text of ['', '\n\n', '#EXTM3U', 'not a playlist', '#EXTINF:\n', '#EXT-X-SKIP:\n#EXT-X-PART:\n']) {
      expect(media(text).kind).toBe('media');
    }
  });
});

describe('a multivariant playlist as it is read', () => {
  it('pairs each variant with its URI and keeps commas inside quotes', () => {
    const text =
      '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001f,mp4a.40.2"\nv.m3u8\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="a.m3u8"\n';
    expect(readPlaylist(text, URL)).toMatchObject({
      kind: 'multivariant',
      variants: [
        {
          uri: 'v.m3u8',
          attributes: new Map([
            ['BANDWIDTH', '1'],
            ['CODECS', 'avc1.64001f,mp4a.40.2'],
          ]),
        },
      ],
      renditions: [
        {
          attributes: new Map([
            ['TYPE', 'AUDIO'],
            ['GROUP-ID', 'a'],
            ['URI', 'a.m3u8'],
          ]),
        },
      ],
    });
  });
});
