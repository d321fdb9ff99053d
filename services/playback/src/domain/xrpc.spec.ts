import { InvalidRequestError } from '#shared/errors';
import { segment, trackWindow } from '../../test/support/windows.ts';
import { initHashOf, parseLivePlaylistParams, parseLiveSegmentParams, xrpcInitName } from './xrpc.ts';

const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz';
const playlist = (query: string) => parseLivePlaylistParams(new URLSearchParams(query));
const segmentParams = (query: string) => parseLiveSegmentParams(new URLSearchParams(query));

describe('the parameters of getLivePlaylist', () => {
  it('are read with what the deployment added', () => {
    const params = playlist(`streamer=${DID}&track=3&sid=3jzfcijpj2z2a&tok=x`);
    expect(params).toMatchObject({ streamer: { kind: 'did', did: DID }, trackId: 3, sid: '3jzfcijpj2z2a' });
    expect(params.extraQuery.toString()).toBe('tok=x');
  });

  it.each(['did:web:example.com', 'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme'])('take %s', (did) => {
    expect(playlist(`streamer=${did}`).streamer).toEqual({ kind: 'did', did });
  });

  it('take a handle in any letter case', () => {
    expect(playlist('streamer=Alice.Example.com').streamer).toEqual({ kind: 'handle', handle: 'alice.example.com' });
  });

  it.each([
    ['no streamer', ''],
    ['an empty streamer', 'streamer='],
    ['neither DID nor handle', 'streamer=http%3A%2F%2F127.0.0.1%2F'],
    ['two streamers', `streamer=${DID}&streamer=${DID}`],
    ['a malformed sid', `streamer=${DID}&sid=abc`],
    ['an empty sid', `streamer=${DID}&sid=`],
  ])('refuse %s', (_name, query) => {
    expect(() => playlist(query)).toThrow(InvalidRequestError);
  });

  it('keep a track that cannot be one for the answer TrackNotFound', () => {
    expect(playlist(`streamer=${DID}&track=video`).trackId).toBe('unknown');
  });
});

describe('the parameters of getLiveSegment', () => {
  it.each([
    ['7', { kind: 'media', mediaSequence: 7 }],
    ['7.m4s', { kind: 'media', mediaSequence: 7 }],
    ['init', { kind: 'current_init' }],
    ['init.m4s', { kind: 'current_init' }],
    ['init-3.m4s', { kind: 'init_of_epoch', epoch: 2 }],
  ])('read seg=%s', (seg, expected) => {
    expect(segmentParams(`streamer=${DID}&track=1&seg=${seg}`).segment).toEqual(expected);
  });

  it.each(['', '-1', '1.5', 'init-0', 'init-x', '1.mp4', '0x10', 'ínit'])('refuse seg=%s', (seg) => {
    expect(() => segmentParams(`streamer=${DID}&track=1&seg=${seg}`)).toThrow(InvalidRequestError);
  });

  it.each(['track', 'seg', 'streamer'])('refuse a missing %s', (key) => {
    const query = new URLSearchParams({ streamer: DID, track: '1', seg: '1' });
    query.delete(key);
    expect(() => parseLiveSegmentParams(query)).toThrow(InvalidRequestError);
  });
});

describe('names of init segments', () => {
  const [first, second] = ['aa'.repeat(32), 'bb'.repeat(32)];
  const old = segment(3, { initSha256: first });
  const changed = segment(4, { initSha256: second, epoch: 1 });
  const window = trackWindow(1, [0, -1], { segments: [old, changed] });

  it('is init while there is one, and a name of its own for each once it changed', () => {
    expect(xrpcInitName(old, old)).toBe('init');
    expect(xrpcInitName(old, changed)).toBe('init-1');
    expect(xrpcInitName(changed, changed)).toBe('init-2');
  });

  it('lead back to the bytes they were given for', () => {
    expect(initHashOf(window, { kind: 'init_of_epoch', epoch: 0 })).toBe(first);
    expect(initHashOf(window, { kind: 'init_of_epoch', epoch: 1 })).toBe(second);
    expect(initHashOf(window, { kind: 'init_of_epoch', epoch: 7 })).toBeUndefined();
    expect(initHashOf(window, { kind: 'current_init' })).toBe(second);
  });
});
