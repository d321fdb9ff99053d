import { XrpcClient, XRPCError } from '@atproto/xrpc';
import type { LexiconDoc } from '@atproto/lexicon';
import { readFileSync } from 'node:fs';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { untilPlayable } from './support/playlists.ts';

const lexicon = (name: string): LexiconDoc =>
  JSON.parse(readFileSync(new URL(`../fixtures/lexicons/${name}.json`, import.meta.url), 'utf8')) as LexiconDoc;

const DID = 'did:web:streamer.example';
const HANDLE = 'streamer.example';
const PLAYLIST = 'place.stream.playback.getLivePlaylist';
const SEGMENT = 'place.stream.playback.getLiveSegment';

describe('XRPC through a real atproto client', () => {
  let origin: Origin;
  let input: CreatedInput;
  let encoder: Encoder;
  let client: XrpcClient;

  const call = async (
    nsid: string,
    params: Record<string, string>,
  ): Promise<{ text: string; headers: Record<string, string> }> => {
    const { data, headers } = await client.call(nsid, params);
    const bytes = data instanceof Uint8Array ? data : new TextEncoder().encode(String(data));
    return { text: new TextDecoder().decode(bytes), headers: headers as Record<string, string> };
  };
  const errorOf = async (nsid: string, params: Record<string, string>): Promise<{ error: string; status: number }> => {
    const failure = await client.call(nsid, params).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(failure instanceof XRPCError)) throw new Error(`expected a typed XRPC error, got ${String(failure)}`);
    return { error: failure.error, status: failure.status };
  };

  beforeAll(async () => {
    origin = await startOrigin();
    input = await createInput(origin, { identities: [DID, HANDLE] });
    client = new XrpcClient(origin.playback, [lexicon('getLivePlaylist'), lexicon('getLiveSegment')]);
    encoder = startEncoder({ publishUrl: `${origin.ingest}/publish/${input.externalId}`, streamKey: input.streamKey });
    await untilPlayable(`${origin.playback}/live/${input.externalId}/index.m3u8`);
  }, 90_000);
  afterAll(async () => {
    await encoder?.finish();
    await origin?.stop();
  }, 30_000);

  it('walks from the multivariant playlist of a handle to the bytes of a segment, all under one sid', async () => {
    const multivariant = await call(PLAYLIST, { streamer: HANDLE });
    const [uri] = multivariant.text.split('\n').filter((line) => line.startsWith('/xrpc/'));
    const media = new URL(uri!, origin.playback).searchParams;
    expect(media.get('streamer')).toBe(DID);
    expect(media.get('sid')).toMatch(/^[2-7a-z]{13}$/);
    const playlist = await call(PLAYLIST, Object.fromEntries(media));
    const segmentUri = playlist.text.split('\n').find((line) => line.startsWith('/xrpc/'))!;
    expect(segmentUri).toMatch(/&seg=\d+\.m4s$/);
    const segment = new URL(segmentUri, origin.playback).searchParams;
    expect(segment.get('sid')).toBe(media.get('sid'));
    const bytes = await client.call(SEGMENT, Object.fromEntries(segment));
    expect((bytes.data as Uint8Array).byteLength).toBeGreaterThan(1000);
    const init = await client.call(SEGMENT, { streamer: DID, track: segment.get('track')!, seg: 'init' });
    expect(Buffer.from(init.data as Uint8Array).toString('latin1', 4, 8)).toBe('ftyp');
  });

  it.each([
    [PLAYLIST, { streamer: 'did:web:nobody.example' }, 'StreamNotLive', 404],
    [PLAYLIST, { streamer: DID, track: '999999' }, 'TrackNotFound', 404],
    [SEGMENT, { streamer: DID, track: '1', seg: '99999999' }, 'SegmentNotFound', 404],
    [SEGMENT, { streamer: DID, track: '999999', seg: 'init' }, 'SegmentNotFound', 404],
  ])('%s %j gives the typed error %s', async (nsid, params, error, status) => {
    expect(await errorOf(nsid, params as Record<string, string>)).toEqual({ error, status });
  });

  it.each([
    PLAYLIST,
    `${PLAYLIST}?streamer=not%20a%20did`,
    `${SEGMENT}?streamer=${DID}&track=1&seg=latest`,
    `${SEGMENT}?streamer=${DID}&track=1`,
    `${PLAYLIST}?streamer=${DID}&track=1&sid=!!`,
  ])('%s is an InvalidRequest', async (path) => {
    const response = await fetch(`${origin.playback}/xrpc/${path}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'InvalidRequest', message: expect.any(String) });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('any other method is MethodNotImplemented', async () => {
    const response = await fetch(`${origin.playback}/xrpc/place.stream.playback.getNothing`);
    expect(response.status).toBe(501);
    expect(await response.json()).toMatchObject({ error: 'MethodNotImplemented' });
  });
});
