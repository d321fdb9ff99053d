import * as fc from 'fast-check';
import { playlistUriXrpc, segmentUriXrpc } from './xrpc-uri.ts';

const track = { streamer: 'did:plc:xyz', trackId: 1, sid: '3kabc' };

const byKey = ([a = '']: string[], [b = '']: string[]): number => (a < b ? -1 : Number(a > b));

describe('XRPC URLs', () => {
  it('sort the query, encode the DID and end in .m4s', () => {
    expect(segmentUriXrpc(track, 42)).toBe(
      '/xrpc/place.stream.playback.getLiveSegment?sid=3kabc&streamer=did%3Aplc%3Axyz&track=1&seg=42.m4s',
    );
    expect(playlistUriXrpc(track)).toBe(
      '/xrpc/place.stream.playback.getLivePlaylist?sid=3kabc&streamer=did%3Aplc%3Axyz&track=1',
    );
  });

  it('name init segments, the first and those after a change', () => {
    expect(segmentUriXrpc(track, 'init')).toMatch(/&seg=init\.m4s$/);
    expect(segmentUriXrpc(track, 'init-2')).toMatch(/&seg=init-2\.m4s$/);
  });

  it('work without a session', () => {
    expect(playlistUriXrpc({ streamer: 'did:web:a.example', trackId: 4294967295 })).toBe(
      '/xrpc/place.stream.playback.getLivePlaylist?streamer=did%3Aweb%3Aa.example&track=4294967295',
    );
  });

  it('thread other parameters through, but neither delivery directives nor a second value of their own', () => {
    const extraQuery = new URLSearchParams('token=a%2Bb&_HLS_msn=4&seg=9&track=8&aud=x%20y&token=c');
    expect(segmentUriXrpc({ ...track, extraQuery }, 42)).toBe(
      '/xrpc/place.stream.playback.getLiveSegment?aud=x%20y&sid=3kabc&streamer=did%3Aplc%3Axyz&token=a%2Bb&token=c&track=1&seg=42.m4s',
    );
  });

  it('give every extra parameter back as it came, in key order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.stringMatching(/^[a-z&=+ ]{1,6}$/), fc.string({ unit: 'grapheme' }))),
        (pairs) => {
          const extraQuery = new URLSearchParams(pairs.filter(([key]) => !['seg', 'sid', 'track'].includes(key)));
          const query = segmentUriXrpc({ ...track, extraQuery }, 42).split('?')[1] ?? '';
          const got = [...new URLSearchParams(query)];
          const own = [
            ['streamer', track.streamer],
            ['track', '1'],
            ['sid', track.sid],
          ];
          expect(got.slice(0, -1)).toEqual([...extraQuery, ...own].toSorted(byKey));
          expect(query).toMatch(/&seg=42\.m4s$/);
        },
      ),
    );
  });
});
