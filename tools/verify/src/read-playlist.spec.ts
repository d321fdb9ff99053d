import { readPlaylist } from './read-playlist.ts';

const BASE = 'https://origin.example/live/lv_a/index.m3u8?token=t';

describe('readPlaylist', () => {
  it('finds variants and renditions of a multivariant playlist, each once, and no I-frame playlists', () => {
    const text = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x,URI=",URI="2.m3u8?token=t"
#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="c",NAME="none",INSTREAM-ID="CC1"
#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="a"
1.m3u8?token=t
#EXT-X-STREAM-INF:BANDWIDTH=2
../lv_a/1.m3u8?token=t
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="1/iframes.m3u8"
`;
    expect(readPlaylist(text, BASE)).toEqual({
      kind: 'multivariant',
      mediaPlaylists: [
        'https://origin.example/live/lv_a/2.m3u8?token=t',
        'https://origin.example/live/lv_a/1.m3u8?token=t',
      ],
    });
  });

  it('finds the segments of a media playlist with the map that holds for each, parts and hints left out', () => {
    const text = [
      '#EXTM3U',
      '#EXT-X-MAP:URI="1/init-a.mp4"',
      '#EXTINF:2,',
      '1/7.m4s',
      '#EXT-X-GAP',
      '#EXTINF:2,',
      '1/8.m4s',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-MAP:URI="1/init-b.mp4",BYTES="x"',
      '#EXT-X-PART:DURATION=1,URI="1/9.0.m4s"',
      '#EXTINF:2,',
      '1/9.m4s',
      '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="1/10.0.m4s"',
    ].join('\r\n');
    const at = (name: string) => `https://origin.example/live/lv_a/1/${name}`;
    expect(readPlaylist(text, BASE)).toEqual({
      kind: 'media',
      segments: [
        { url: at('7.m4s'), initUrl: at('init-a.mp4'), gap: false },
        { url: at('8.m4s'), initUrl: at('init-a.mp4'), gap: true },
        { url: at('9.m4s'), initUrl: at('init-b.mp4'), gap: false },
      ],
    });
  });

  it('is empty for a playlist that lists nothing', () => {
    expect(readPlaylist('#EXTM3U\n#EXT-X-TARGETDURATION:2\n', BASE)).toEqual({ kind: 'media', segments: [] });
  });

  it.each([
    ['HTML', '<!doctype html>', /expected #EXTM3U first, got "<!doctype html>"/],
    ['nothing', '', /expected #EXTM3U/],
    ['byte ranges', '#EXTM3U\n#EXT-X-BYTERANGE:5@0\na.m4s', /expected whole segments/],
    ['I-frames', '#EXTM3U\n#EXT-X-I-FRAMES-ONLY\n', /expected whole segments/],
  ])('refuses %s', (_, text, message) => {
    expect(() => readPlaylist(text, BASE)).toThrow(message);
  });
});
