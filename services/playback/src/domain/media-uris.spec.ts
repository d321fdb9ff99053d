import { segment, trackWindow } from '../../test/support/windows.ts';
import { iFrameUris, nativeUris, suffixOf, threadedQuery } from './media-uris.ts';

describe('URIs of a live list', () => {
  it('name segments, parts, maps and other lists under the folder of the input', () => {
    const uris = nativeUris('../../live/lv_0/', trackWindow(7, [0, 1]), '?tok=a');
    expect(uris.segment(segment(4))).toBe('../../live/lv_0/7/4.m4s?tok=a');
    expect(uris.part(4, 2)).toBe('../../live/lv_0/7/4.2.m4s?tok=a');
    expect(uris.map(segment(4))).toBe('../../live/lv_0/7/init-abababababababab.mp4?tok=a');
    expect(uris.mediaPlaylist(8)).toBe('8.m3u8?tok=a');
  });

  it('of an I-frame list start in the folder of the segments', () => {
    const uris = iFrameUris('', '?tok=a');
    expect(uris.segment(segment(4))).toBe('4.m4s?tok=a');
    expect(uris.map(segment(4))).toBe('init-abababababababab.mp4?tok=a');
    expect(uris.mediaPlaylist(8)).toBe('../8.m3u8?tok=a');
  });

  it('of a WebVTT track are those of its files', () => {
    const window = trackWindow(3, [0, 1]);
    const uris = nativeUris('', { ...window, track: { ...window.track, kind: 'text', codec: 'wvtt' } }, '');
    expect(uris.segment(segment(4))).toBe('3/4.vtt');
  });
});

describe('the query that is handed on', () => {
  it('is without delivery directives and measurements', () => {
    const query = threadedQuery(new URLSearchParams('_HLS_msn=4&tok=a%26b&CMCD=bl%3D1&_HLS_part=0&tok=c'));
    expect(suffixOf(query)).toBe('?tok=a%26b&tok=c');
  });

  it('is nothing when nothing is left', () => {
    expect(suffixOf(threadedQuery(new URLSearchParams('_HLS_msn=4')))).toBe('');
  });
});
