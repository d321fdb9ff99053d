import { matchTrackName, parseUploadPath } from './upload-path.ts';

const LI = 'li_abcdefgh12345678';
const KEY = 'sk_live_abcdefghijklmnopqrstuvwxyz012345';

const described = (rest: string) => {
  const path = parseUploadPath(`/publish/${LI}${rest}`);
  return path && { role: path.role, trackName: path.trackName };
};

describe('parseUploadPath', () => {
  it.each([
    ['', 'stream', ''],
    ['/', 'stream', ''],
    ['.isml', 'stream', ''],
    ['/Streams(video.cmfv)', 'stream', 'video'],
    ['.isml/Streams(audio-eng.cmfa)', 'stream', 'audio-eng'],
    ['/Streams%28video_1.cmfv%29', 'stream', 'video-1'],
    ['/video.cmfv', 'stream', 'video'],
    ['/init-0.cmfv', 'init', '0'],
    ['/seg-0-00001.cmfv', 'segment', '0'],
    ['/init-stream1.m4s', 'init', 'stream1'],
    ['/chunk-stream1-00042.m4s', 'segment', 'stream1'],
    ['/video/init.mp4', 'init', 'video'],
    ['/video/17.m4s', 'segment', 'video'],
    ['/a/b/seg_3.m4s', 'segment', 'a/b'],
    ['/init.mp4', 'init', ''],
    ['/segment_00003.m4s', 'segment', ''],
    ['/video_init.mp4', 'init', 'video'],
    ['/video_123456789.m4s', 'segment', 'video'],
    ['/channel_720p_init.mp4', 'init', 'channel-720p'],
    ['/manifest.mpd', 'manifest', ''],
    ['/v/stream.M3U8', 'manifest', ''],
  ])('reads %s as %s of track "%s"', (rest, role, trackName) => {
    expect(described(rest)).toEqual({ role, trackName });
  });

  it('takes the stream key out of the path only when it has the form of one', () => {
    expect(parseUploadPath(`/publish/${LI}/${KEY}/init-0.cmfv`)).toMatchObject({ key: KEY, trackName: '0' });
    expect(parseUploadPath(`/publish/${LI}/${KEY}`)).toMatchObject({ key: KEY, role: 'stream', file: '' });
    expect(parseUploadPath(`/publish/${LI}/video/init.mp4`)).toMatchObject({ key: undefined, file: 'video/init.mp4' });
  });

  it('accepts the public id of an input', () => {
    expect(parseUploadPath('/publish/lv_abcdefgh12345678')?.input).toBe('lv_abcdefgh12345678');
  });

  it.each([
    '/publish/',
    '/publish',
    '/publish/nobody',
    '/live/li_abcdefgh12345678',
    '/publish/%E0%A4%A',
    '/publish/li_a.b',
  ])('names no publishing point in %s', (path) => {
    expect(parseUploadPath(path)).toBeUndefined();
  });

  it('keeps a name to letters, digits and bounded length, whatever was sent', () => {
    const name = parseUploadPath(
      `/publish/${LI}/${encodeURIComponent('é:*>/\u0000 x')}/${'n'.repeat(400)}-1.m4s`,
    )?.trackName;
    expect(name).toMatch(/^[A-Za-z0-9/-]{1,120}$/);
  });
});

describe('matchTrackName', () => {
  it('takes the exact name first', () => {
    expect(matchTrackName('out-0', ['0', 'out-0'])).toBe('out-0');
  });

  it('finds the init whose words end the words of the file', () => {
    expect(matchTrackName('out-0', ['0', '1'])).toBe('0');
  });

  it('finds the init of the folder', () => {
    expect(matchTrackName('v/out', ['v', 'a'])).toBe('v');
    expect(matchTrackName('out', [''])).toBe('');
    expect(matchTrackName('0', ['', '0/0', '1/1'])).toBe('0/0');
    expect(matchTrackName('1', ['0/0', '1/1'])).toBe('1/1');
    expect(matchTrackName('', ['0'])).toBe('0');
  });

  it('finds nothing when two would fit or the folder is another', () => {
    expect(matchTrackName('a-0', ['', '1'])).toBeUndefined();
    expect(matchTrackName('x/out-0', ['y/0'])).toBeUndefined();
    expect(matchTrackName('video', ['audio'])).toBeUndefined();
    expect(matchTrackName('', ['0', '1'])).toBeUndefined();
  });
});
