import fc from 'fast-check';
import { initFileName, parseRoute, parseTrackId } from './route.ts';

const INPUT = 'lv_0123456789';
const ref = { app: 'live', stream: INPUT };

describe('parseRoute', () => {
  it.each([
    [`/live/${INPUT}/index.m3u8`, { kind: 'multivariant', ref, childBase: '' }],
    [`/live/${INPUT}.m3u8`, { kind: 'multivariant', ref, childBase: `${INPUT}/` }],
    [
      '/studio/main%20hall.m3u8',
      { kind: 'multivariant', ref: { app: 'studio', stream: 'main hall' }, childBase: 'main%20hall/' },
    ],
    [`/live/${INPUT}/7.m3u8`, { kind: 'media', ref, trackId: 7 }],
    [`/live/${INPUT}/4294967295.m3u8`, { kind: 'media', ref, trackId: 4294967295 }],
    [`/live/${INPUT}/7/0.m4s`, { kind: 'segment', ref, trackId: 7, mediaSequence: 0 }],
    [`/live/${INPUT}/7/12.0.m4s`, { kind: 'part', ref, trackId: 7, mediaSequence: 12, partIndex: 0 }],
    [`/live/${INPUT}/7/12.vtt`, { kind: 'text_segment', ref, trackId: 7, mediaSequence: 12 }],
    [`/live/${INPUT}/7/iframes.m3u8`, { kind: 'iframes', ref, trackId: 7 }],
    ['/broadcast/bc_12345678/2/iframes.m3u8', { kind: 'broadcast_iframes', broadcastId: 'bc_12345678', trackId: 2 }],
    [`/live/${INPUT}/7/init-0123456789abcdef.mp4`, { kind: 'init', ref, trackId: 7, hashPrefix: '0123456789abcdef' }],
    [`/shift/${INPUT}/7/497000-12.m4s`, { kind: 'shift_segment', ref, trackId: 7, hour: 497000, mediaSequence: 12 }],
    ['/broadcast/bc_12345678/index.m3u8', { kind: 'broadcast_multivariant', broadcastId: 'bc_12345678' }],
    ['/broadcast/bc_12345678/2.m3u8', { kind: 'broadcast_media', broadcastId: 'bc_12345678', trackId: 2 }],
    ['/provenance/keys.json', { kind: 'provenance_keys' }],
    [`/provenance/${INPUT}/7.json`, { kind: 'provenance_track', ref, trackId: 7 }],
    [`/provenance/${INPUT}/7/0.json`, { kind: 'provenance_segment', ref, trackId: 7, mediaSequence: 0 }],
    ['/xrpc/com.example.method', { kind: 'xrpc', nsid: 'com.example.method' }],
    ['/openapi/timeline/query', { kind: 'timeline' }],
    [`/live/${INPUT}/manifest.mpd`, { kind: 'manifest', ref }],
    ['/studio/main/manifest.mpd', { kind: 'manifest', ref: { app: 'studio', stream: 'main' } }],
    ['/broadcast/bc_12345678/manifest.mpd', { kind: 'broadcast_manifest', broadcastId: 'bc_12345678' }],
    ['/time', { kind: 'time' }],
  ])('reads %s', (path, route) => {
    expect(parseRoute(path)).toEqual(route);
  });

  it.each([
    '/',
    '/favicon.ico',
    `/live/${INPUT}`,
    `/live/${INPUT}/0.m3u8`,
    `/live/${INPUT}/4294967296.m3u8`,
    `/live/${INPUT}/1/init-0123.mp4`,
    `/live/${INPUT}/1/-1.m4s`,
    `/live/${INPUT}/1/1.-1.m4s`,
    `/live/${INPUT}/1/1.0.0.m4s`,
    `/live/${INPUT}/iframes.m3u8/1`,
    '/broadcast/bc_1/x/iframes.m3u8',
    `/live/${INPUT}/1/1.m4s/`,
    `/live//index.m3u8`,
    '/live/%E0%A4%A.m3u8',
    '/shift/x/1/1.m4s',
    '/broadcast/bc_1/2/3.m4s',
    `/live/${INPUT}.mpd`,
    '/live/manifest.mpd',
    '/time/',
    '/player/player.js',
    '/provenance',
    `/provenance/${INPUT}`,
    `/provenance/${INPUT}/keys.json`,
    `/provenance/${INPUT}/0.json`,
    `/provenance/${INPUT}/7/x.json`,
    `/provenance/${INPUT}/7/1.json/1`,
    '/provenance/index.m3u8',
    '/xrpc',
  ])('has no route for %s', (path) => {
    expect(parseRoute(path)).toBeUndefined();
  });

  it('names what it was given, whatever bytes come as a path', () => {
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        const route = parseRoute(`/${path}`);
        expect(route === undefined || route.kind.length > 0).toBe(true);
      }),
    );
  });

  it('reads back every name of a stream and number of a segment', () => {
    const names = fc.string({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(names, fc.nat(), fc.integer({ min: 1, max: 0xffffffff }), (stream, mediaSequence, trackId) => {
        const path = `/studio/${encodeURIComponent(stream)}/${trackId}/${mediaSequence}.m4s`;
        expect(parseRoute(path)).toEqual({ kind: 'segment', ref: { app: 'studio', stream }, trackId, mediaSequence });
      }),
    );
  });
});

describe('names in URLs', () => {
  it('an init segment goes by the first 16 digits of its hash', () => {
    expect(initFileName('0123456789abcdef'.repeat(4))).toBe('init-0123456789abcdef.mp4');
  });

  it.each([
    ['1', 1],
    ['01', undefined],
    ['1.0', undefined],
    ['-1', undefined],
    ['99999999999', undefined],
  ])('%s as a track id is %s', (text, trackId) => {
    expect(parseTrackId(text)).toBe(trackId);
  });
});
