import { parseWithOracles } from '../test/read-playlist.ts';
import { composeMultivariant, type TrackSummary } from './compose-multivariant.ts';
import { PlaylistError } from './playlist-error.ts';

const uriOf = (trackId: number): string => `${trackId}/media.m3u8`;

const video = (trackId: number, changes: Partial<TrackSummary> = {}): TrackSummary => ({
  trackId,
  kind: 'video',
  codec: 'avc1.64001f',
  width: 1280,
  height: 720,
  frameRate: 30_000 / 1001,
  peakBitrate: 3_000_000,
  averageBitrate: 2_500_000.2,
  ...changes,
});

const audio = (trackId: number, changes: Partial<TrackSummary> = {}): TrackSummary => ({
  trackId,
  kind: 'audio',
  codec: 'mp4a.40.2',
  channels: 2,
  peakBitrate: 130_000,
  averageBitrate: 128_000,
  ...changes,
});

const linesOf = (text: string, tag: string): string[] => text.split('\n').filter((line) => line.startsWith(`${tag}:`));
const attribute = (line: string, name: string): string | undefined =>
  new RegExp(`[:,]${name}=("[^"]*"|[^,]*)`).exec(line)?.[1];

describe('hls.md of a multivariant playlist', () => {
  it('writes an audio group and a variant per video track, smallest first', () => {
    const small = video(3, { width: 640, height: 360, frameRate: 30, peakBitrate: 800_000, averageBitrate: 700_000 });
    const text = composeMultivariant([video(1), small, audio(2, { language: 'eng' })], uriOf);
    expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:4
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="English",DEFAULT=YES,AUTOSELECT=YES,LANGUAGE="en",CHANNELS="2",URI="2/media.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=930000,AVERAGE-BANDWIDTH=828000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=30.000,AUDIO="audio"
3/media.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=3130000,AVERAGE-BANDWIDTH=2628001,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio"
1/media.m3u8
`);
    const manifest = parseWithOracles(text);
    expect(manifest.playlists?.map(({ uri }) => uri)).toEqual(['3/media.m3u8', '1/media.m3u8']);
    expect(Object.keys(manifest.mediaGroups['AUDIO']?.['audio'] ?? {})).toEqual(['English']);
  });

  it('orders tracks by number, not by text, and makes the first audio track the default', () => {
    const text = composeMultivariant([audio(10), audio(9), video(11), video(2)], uriOf);
    const media = linesOf(text, '#EXT-X-MEDIA');
    expect(media.map((line) => attribute(line, 'URI'))).toEqual(['"9/media.m3u8"', '"10/media.m3u8"']);
    expect(media.map((line) => attribute(line, 'DEFAULT'))).toEqual(['YES', 'NO']);
    expect(text.match(/^\d+\/media/gm)).toEqual(['2/media', '11/media']);
  });

  it('42: counts the largest audio rendition into BANDWIDTH and lists every format of the group', () => {
    const surround = audio(3, { codec: 'ec-3', channels: 6, peakBitrate: 640_000, averageBitrate: 640_000 });
    const [variant = ''] = linesOf(composeMultivariant([video(1), audio(2), surround], uriOf), '#EXT-X-STREAM-INF');
    expect(attribute(variant, 'BANDWIDTH')).toBe('3640000');
    expect(attribute(variant, 'CODECS')).toBe('"avc1.64001f,mp4a.40.2,ec-3"');
  });

  it('names renditions apart and lets only the first of a language be selected by itself', () => {
    const tracks = [
      video(1),
      ...['deu', 'deu', 'und', undefined, 'not a language', 'pt-br'].map((language, index) =>
        audio(index + 2, language === undefined ? {} : { language }),
      ),
    ];
    const text = composeMultivariant(tracks, uriOf);
    const media = linesOf(text, '#EXT-X-MEDIA');
    expect(
      media.map((line) => [attribute(line, 'NAME'), attribute(line, 'LANGUAGE'), attribute(line, 'AUTOSELECT')]),
    ).toEqual([
      ['"German"', '"de"', 'YES'],
      ['"German 2"', '"de"', 'NO'],
      ['"Audio"', undefined, 'YES'],
      ['"Audio 2"', undefined, 'NO'],
      ['"Audio 3"', undefined, 'NO'],
      ['"Brazilian Portuguese"', '"pt-BR"', 'YES'],
    ]);
    expect(() => parseWithOracles(text)).not.toThrow();
  });

  it('makes a lone audio track a variant of its own', () => {
    const text = composeMultivariant([audio(7)], uriOf);
    expect(text).not.toContain('#EXT-X-MEDIA:');
    expect(text).toContain(
      '#EXT-X-STREAM-INF:BANDWIDTH=130000,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2"\n7/media.m3u8\n',
    );
    expect(() => parseWithOracles(text)).not.toThrow();
  });

  it('gives an audio-only stream of several tracks one variant and the group', () => {
    const text = composeMultivariant([audio(8, { peakBitrate: 256_000 }), audio(7)], uriOf);
    expect(linesOf(text, '#EXT-X-MEDIA')).toHaveLength(2);
    expect(text).toMatch(/#EXT-X-STREAM-INF:BANDWIDTH=256000,.*AUDIO="audio"\n7\/media\.m3u8\n$/);
    expect(() => parseWithOracles(text)).not.toThrow();
  });

  it('serves video without audio, and leaves metadata and unknown text tracks out', () => {
    const metadata: TrackSummary = { trackId: 5, kind: 'metadata', codec: 'urim', peakBitrate: 1, averageBitrate: 1 };
    const teletext: TrackSummary = { ...metadata, trackId: 6, kind: 'text', codec: 'stxt' };
    const text = composeMultivariant([video(1), metadata, teletext], uriOf);
    expect(text).not.toMatch(/AUDIO|SUBTITLES|urim|stxt|[56]\/media/);
    expect(() => parseWithOracles(text)).not.toThrow();
  });

  it('42: offers subtitles as a group of every variant, in its CODECS and BANDWIDTH, none of them by default', () => {
    const subtitles = (trackId: number, language: string): TrackSummary => ({
      ...{ trackId, kind: 'text', codec: 'wvtt', language, peakBitrate: 500, averageBitrate: 100 },
    });
    const text = composeMultivariant([video(1), audio(2), subtitles(4, 'fra'), subtitles(3, 'eng')], uriOf);
    const media = linesOf(text, '#EXT-X-MEDIA').filter((line) => attribute(line, 'TYPE') === 'SUBTITLES');
    expect(media).toEqual([
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="English",DEFAULT=NO,AUTOSELECT=YES,LANGUAGE="en",URI="3/media.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="French",DEFAULT=NO,AUTOSELECT=YES,LANGUAGE="fr",URI="4/media.m3u8"',
    ]);
    const [variant = ''] = linesOf(text, '#EXT-X-STREAM-INF');
    expect(attribute(variant, 'CODECS')).toBe('"avc1.64001f,mp4a.40.2,wvtt"');
    expect(attribute(variant, 'BANDWIDTH')).toBe('3130500');
    expect(attribute(variant, 'SUBTITLES')).toBe('"subtitles"');
    expect(Object.keys(parseWithOracles(text).mediaGroups['SUBTITLES']?.['subtitles'] ?? {})).toEqual([
      'English',
      'French',
    ]);
  });

  it('lists the I-frame playlists of video, smallest first, where the caller has them', () => {
    const withIFrames = video(1, { iFrames: { peakBitrate: 400_000.5, averageBitrate: 300_000 } });
    const small = video(3, { width: 640, height: 360, iFrames: { peakBitrate: 90_000, averageBitrate: 80_000 } });
    const tracks = [withIFrames, small, video(4), audio(2)];
    const text = composeMultivariant(tracks, uriOf, (trackId) => `${trackId}/iframes.m3u8`);
    expect(linesOf(text, '#EXT-X-I-FRAME-STREAM-INF')).toEqual([
      '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,AVERAGE-BANDWIDTH=80000,CODECS="avc1.64001f",RESOLUTION=640x360,URI="3/iframes.m3u8"',
      '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=400001,AVERAGE-BANDWIDTH=300000,CODECS="avc1.64001f",RESOLUTION=1280x720,URI="1/iframes.m3u8"',
    ]);
    expect(() => parseWithOracles(text)).not.toThrow();
    expect(composeMultivariant(tracks, uriOf)).not.toContain('I-FRAME');
  });

  it.each([
    ['no tracks', [], /expected video or audio, got \[\]/],
    [
      'a bitrate that is not known yet',
      [video(1, { peakBitrate: 0 })],
      /BANDWIDTH: expected an integer of at least 1, got 0/,
    ],
    ['a codec that would end its attribute', [video(1, { codec: 'avc1"' })], /quoted-string: expected no quotes/],
    ['a frame rate of nothing', [video(1, { frameRate: 0 })], /FRAME-RATE: expected .* got 0/],
    ['a width of nothing', [video(1, { width: 0 })], /width: expected an integer of at least 1, got 0/],
  ])('refuses %s', (_, tracks, message) => {
    expect(() => composeMultivariant(tracks, uriOf)).toThrow(PlaylistError);
    expect(() => composeMultivariant(tracks, uriOf)).toThrow(message);
  });
});
