import { XRPCError, XrpcClient } from '@atproto/xrpc';
import { isValidTid } from '@atproto/syntax';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GET_LIVE_PLAYLIST } from '../src/lexicons/get-live-playlist.ts';
import { GET_LIVE_SEGMENT } from '../src/lexicons/get-live-segment.ts';
import { liveSource, VIDEO, type LiveSource } from './support/live-source.ts';
import { connectServers, INITS, type Servers } from './support/servers.ts';
import { mediaFacts, multivariantUris } from './support/oracles.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';

const PLAYLIST = 'place.stream.playback.getLivePlaylist';
const SEGMENT = 'place.stream.playback.getLiveSegment';
const lexicons = structuredClone([GET_LIVE_PLAYLIST, GET_LIVE_SEGMENT]) as never[];

let servers: Servers;
let resolver: Server;
let resolverRequests = 0;
let resolved: LiveSource;
let playback: PlaybackUnderTest;
let client: XrpcClient;

beforeAll(async () => {
  servers = await connectServers();
  resolved = await liveSource(servers, 4, { identities: ['did:web:resolved.example.com'] });
  resolver = createServer((request, response) => {
    resolverRequests += 1;
    const isKnown = request.url?.includes('handle=elsewhere.example.com') === true;
    response.writeHead(isKnown ? 200 : 400, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isKnown ? { did: 'did:web:resolved.example.com' } : { error: 'InvalidRequest' }));
  });
  await new Promise<void>((resolve) => {
    resolver.listen(0, '127.0.0.1', resolve);
  });
  const { port } = resolver.address() as AddressInfo;
  playback = await startPlaybackUnderTest({ HANDLE_RESOLVER_URL: `http://127.0.0.1:${port}` });
  client = new XrpcClient(playback.url, lexicons);
});

afterAll(async () => {
  await playback.close();
  resolver.close();
  await servers.close();
});

const didOf = (source: LiveSource): string => source.row.identities[0] ?? '';

async function errorOf(call: Promise<unknown>): Promise<{ status: number; error: string }> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof XRPCError)) throw new Error(`expected an XRPCError, got ${String(error)}`);
  return { status: error.status, error: error.error };
}

describe('place.stream.playback with an atproto client', () => {
  it('gives the playlists and bytes of a stream', async () => {
    const source = await liveSource(servers, 4);
    const { data } = await client.call(PLAYLIST, { streamer: didOf(source) });
    const text = Buffer.from(data as Uint8Array).toString();
    expect(multivariantUris(text).variants).toHaveLength(1);
    const bytes = await client.call(SEGMENT, { streamer: didOf(source), track: '1', seg: '2' });
    expect(Buffer.from(bytes.data as Uint8Array).equals(source.bytes.get('1/2') ?? Buffer.alloc(0))).toBe(true);
  });

  it('names its errors', async () => {
    const source = await liveSource(servers, 4);
    const banned = await liveSource(servers, 4, { available: false });
    const streamer = didOf(source);
    expect(await errorOf(client.call(PLAYLIST, { streamer: 'did:web:nobody.example.com' }))).toEqual({
      status: 404,
      error: 'StreamNotLive',
    });
    expect(await errorOf(client.call(PLAYLIST, { streamer: didOf(banned) }))).toEqual({
      status: 403,
      error: 'StreamUnavailable',
    });
    expect(await errorOf(client.call(SEGMENT, { streamer: didOf(banned), track: '1', seg: '0' }))).toEqual({
      status: 403,
      error: 'StreamUnavailable',
    });
    expect(await errorOf(client.call(PLAYLIST, { streamer, track: '77' }))).toEqual({
      status: 404,
      error: 'TrackNotFound',
    });
    expect(await errorOf(client.call(SEGMENT, { streamer, track: '1', seg: '77' }))).toEqual({
      status: 404,
      error: 'SegmentNotFound',
    });
    expect(await errorOf(client.call(SEGMENT, { streamer, track: '1', seg: 'x' }))).toEqual({
      status: 400,
      error: 'InvalidRequest',
    });
  });
});

describe('the URLs of XRPC playlists', () => {
  it('carry the DID, one minted session and what a deployment added, with seg last', async () => {
    const source = await liveSource(servers, 4);
    const streamer = encodeURIComponent(didOf(source));
    const handle = source.row.identities[1] ?? '';
    const multivariant = await playback.textOnce(
      `/xrpc/${PLAYLIST}?streamer=${handle.toUpperCase()}&zone=eu`,
      () => true,
    );
    const [uri = ''] = multivariantUris(multivariant).variants;
    const sid = new URL(uri, playback.url).searchParams.get('sid') ?? '';
    expect(isValidTid(sid)).toBe(true);
    expect(uri).toBe(`/xrpc/${PLAYLIST}?sid=${sid}&streamer=${streamer}&track=1&zone=eu`);
    const facts = mediaFacts(await playback.textOnce(uri, () => true));
    expect(facts.uris[0]).toBe(`/xrpc/${SEGMENT}?sid=${sid}&streamer=${streamer}&track=1&zone=eu&seg=0.m4s`);
    expect(facts.maps).toEqual([`/xrpc/${SEGMENT}?sid=${sid}&streamer=${streamer}&track=1&zone=eu&seg=init.m4s`]);
    expect((await playback.get(facts.uris[0] ?? '')).status).toBe(200);
  });

  it('lead to a session first when a media playlist is asked for without one', async () => {
    const source = await liveSource(servers, 4);
    const streamer = encodeURIComponent(didOf(source));
    const response = await playback.get(`/xrpc/${PLAYLIST}?track=1&streamer=${streamer}`);
    expect(response.status).toBe(302);
    const location = new URL(response.headers.get('location') ?? '', playback.url);
    expect(isValidTid(location.searchParams.get('sid') ?? '')).toBe(true);
    expect((await playback.get(location.pathname + location.search)).status).toBe(200);
  });

  it('name another map after the init segment changed, and every name gives its own bytes', async () => {
    const source = await liveSource(servers, 3);
    await source.beginEpoch(VIDEO, INITS.otherVideo);
    await source.close([VIDEO], 2);
    const query = `streamer=${encodeURIComponent(didOf(source))}&sid=3jzfcijpj2z2a&track=1`;
    const facts = mediaFacts(
      await playback.textOnce(`/xrpc/${PLAYLIST}?${query}`, (text) => text.includes('seg=4.m4s')),
    );
    expect(facts.maps.map((uri) => uri.split('seg=')[1])).toEqual(['init-1.m4s', 'init-2.m4s']);
    const bytes = async (uri: string): Promise<Buffer> => Buffer.from(await (await playback.get(uri)).arrayBuffer());
    expect((await bytes(facts.maps[0] ?? '')).equals(INITS.video)).toBe(true);
    expect((await bytes(facts.maps[1] ?? '')).equals(INITS.otherVideo)).toBe(true);
    expect((await bytes(`/xrpc/${SEGMENT}?${query}&seg=init`)).equals(INITS.otherVideo)).toBe(true);
  });
});

describe('sessions', () => {
  it('are counted by media playlists and segments, not by the multivariant playlist', async () => {
    const source = await liveSource(servers, 4);
    const streamer = encodeURIComponent(didOf(source));
    const before = await playback.metric('playback_sessions');
    await playback.textOnce(`/xrpc/${PLAYLIST}?streamer=${streamer}&sid=3jzfcijpj2z2b`, () => true);
    expect(await playback.metric('playback_sessions')).toBe(before);
    for (let poll = 0; poll < 3; poll += 1) {
      await playback.textOnce(`/xrpc/${PLAYLIST}?streamer=${streamer}&sid=3jzfcijpj2z2b&track=1`, () => true);
    }
    await playback.get(`/xrpc/${SEGMENT}?streamer=${streamer}&sid=3jzfcijpj2z2c&track=1&seg=1`);
    expect(await playback.metric('playback_sessions')).toBe(before + 2);
  });
});

describe('handles', () => {
  it('that no input carries are resolved by the configured server, once', async () => {
    const before = resolverRequests;
    for (let round = 0; round < 3; round += 1) {
      const text = await playback.textOnce(`/xrpc/${PLAYLIST}?streamer=elsewhere.example.com`, () => true);
      expect(text).toContain(encodeURIComponent(didOf(resolved)));
    }
    expect(resolverRequests).toBe(before + 1);
  });

  it('that nobody knows are not asked for again at once', async () => {
    const before = resolverRequests;
    for (let round = 0; round < 3; round += 1) {
      expect((await playback.get(`/xrpc/${PLAYLIST}?streamer=unknown.example.com`)).status).toBe(404);
    }
    expect(resolverRequests).toBe(before + 1);
  });
});
