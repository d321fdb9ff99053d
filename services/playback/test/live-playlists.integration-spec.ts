import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { get as httpGet } from 'node:http';
import { createHash } from 'node:crypto';
import { AUDIO, LiveSource, liveSource, VIDEO } from './support/live-source.ts';
import { connectServers, INITS, type Servers } from './support/servers.ts';
import { mediaFacts, multivariantUris } from './support/oracles.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';

let servers: Servers;
let playback: PlaybackUnderTest;

beforeAll(async () => {
  servers = await connectServers();
  playback = await startPlaybackUnderTest();
});

afterAll(async () => {
  await playback.close();
  await servers.close();
});

describe('live playlists', () => {
  it('lead from the multivariant playlist to the very bytes of each segment', async () => {
    const source = await liveSource(servers, 20);
    const root = `/live/${source.row.externalId}/`;
    const multivariant = await playback.textOnce(`${root}index.m3u8`, () => true);
    expect(multivariantUris(multivariant)).toEqual({ variants: ['1.m3u8'], audio: ['2.m3u8'] });
    for (const trackId of [VIDEO, AUDIO]) {
      const facts = mediaFacts(await playback.textOnce(`${root}${trackId}.m3u8`, () => true));
      expect(facts).toMatchObject({ mediaSequence: 5, targetDurationSec: 2, endList: false, discontinuities: 0 });
      expect(facts.uris).toHaveLength(15);
      for (const [index, uri] of facts.uris.entries()) {
        const bytes = Buffer.from(await (await playback.get(root + uri)).arrayBuffer());
        expect(bytes.equals(source.bytes.get(`${trackId}/${5 + index}`) ?? Buffer.alloc(0))).toBe(true);
      }
      const init = await playback.get(root + facts.maps[0]);
      expect(init.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(Buffer.from(await init.arrayBuffer()).equals(trackId === VIDEO ? INITS.video : INITS.audio)).toBe(true);
    }
  });

  it('grow with window facts, without another read of Redis', async () => {
    const source = await liveSource(servers, 4);
    const path = `/live/${source.row.id}/1.m3u8`;
    await playback.textOnce(path, () => true);
    await servers.redis.del(`hw:{${source.row.id}}:w:1`);
    const before = source.window(VIDEO);
    await source.close([VIDEO], 3).catch(() => undefined);
    const facts = mediaFacts(await playback.textOnce(path, (text) => text.includes('1/6.m4s')));
    expect(facts.uris.at(-1)).toBe('1/6.m4s');
    expect(before.segments).toHaveLength(4);
  });

  it('are found again after facts were missed', async () => {
    const source = await liveSource(servers, 4);
    const path = `/live/${source.row.id}/1.m3u8`;
    await playback.textOnce(path, () => true);
    await source.close([VIDEO], 2, { announce: false });
    await source.close([VIDEO], 1);
    const facts = mediaFacts(await playback.textOnce(path, (text) => text.includes('1/6.m4s')));
    expect(facts.mediaSequence).toBe(0);
    expect(facts.uris).toHaveLength(7);
  });

  it('never take back a number, whatever is polled while the window slides', async () => {
    const source = await liveSource(servers, 16);
    const path = `/live/${source.row.id}/1.m3u8`;
    let last = 0;
    for (let round = 0; round < 30; round += 1) {
      await source.close([VIDEO], 1, { keep: 18 });
      const facts = mediaFacts(await (await playback.get(path)).text());
      expect(facts.mediaSequence).toBeGreaterThanOrEqual(last);
      last = facts.mediaSequence;
    }
    expect(last).toBeGreaterThan(20);
  });

  it('mark another epoch with a discontinuity and a new init segment with its own map', async () => {
    const source = await liveSource(servers, 4);
    await source.beginEpoch(VIDEO, INITS.otherVideo);
    await source.close([VIDEO], 3);
    const path = `/live/${source.row.id}/1.m3u8`;
    const facts = mediaFacts(await playback.textOnce(path, (text) => text.includes('1/6.m4s')));
    expect(facts).toMatchObject({ discontinuities: 1, mediaSequence: 0 });
    expect(facts.maps).toHaveLength(2);
    const bodies = await Promise.all(
      facts.maps.map(async (uri) =>
        Buffer.from(await (await playback.get(`/live/${source.row.id}/${uri}`)).arrayBuffer()),
      ),
    );
    expect(bodies.map((body) => body.length)).toEqual([INITS.video.length, INITS.otherVideo.length]);
  });

  it('end after the reconnect window, and go on when the encoder returns', async () => {
    const source = await liveSource(servers, 4);
    const path = `/live/${source.row.id}/1.m3u8`;
    expect(mediaFacts(await playback.textOnce(path, () => true)).endList).toBe(false);
    for (const trackId of [VIDEO, AUDIO]) await source.silence(trackId, 31_000);
    const ended = mediaFacts(await playback.textOnce(path, (text) => text.includes('#EXT-X-ENDLIST')));
    await source.beginEpoch(VIDEO);
    await source.close([VIDEO], 1);
    const resumed = mediaFacts(await playback.textOnce(path, (text) => text.includes('1/4.m4s')));
    expect(resumed.endList).toBe(false);
    expect(resumed.mediaSequence).toBe(ended.mediaSequence);
    expect(resumed.uris).toEqual([...ended.uris, '1/4.m4s']);
  });

  it('come compressed, with an entity tag of their own, where that is accepted', async () => {
    const source = await liveSource(servers, 4);
    const path = `/live/${source.row.id}/1.m3u8`;
    const plain = await playback.get(path, { headers: { 'accept-encoding': 'identity' } });
    const zipped = await rawGet(playback.url + path, { 'accept-encoding': 'gzip' });
    const brotli = await rawGet(playback.url + path, { 'accept-encoding': 'gzip, br' });
    expect([zipped, brotli].map(({ headers }) => headers['content-encoding'])).toEqual(['gzip', 'br']);
    expect([zipped, brotli].map(({ headers }) => headers['vary'])).toEqual(['Accept-Encoding', 'Accept-Encoding']);
    expect(new Set([plain.headers.get('etag'), zipped.headers['etag'], brotli.headers['etag']]).size).toBe(3);
    const text = await plain.text();
    expect(gunzipSync(zipped.body).toString()).toBe(text);
    expect(brotliDecompressSync(brotli.body).toString()).toBe(text);
  });

  it('are rendered once per revision, however many ask', async () => {
    const source = await liveSource(servers, 4);
    const path = `/live/${source.row.id}/1.m3u8`;
    await playback.textOnce(path, () => true);
    const before = await playback.metric('playback_playlist_renders_total');
    await Promise.all(Array.from({ length: 50 }, async () => (await playback.get(path)).text()));
    expect(await playback.metric('playback_playlist_renders_total')).toBe(before);
  });

  it('hand the query of the viewer on to what they list', async () => {
    const source = await liveSource(servers, 4, { app: 'studio', stream: 'main' });
    const multivariant = await playback.textOnce('/studio/main.m3u8?auth_key=a%2Fb&_HLS_msn=3', () => true);
    expect(multivariantUris(multivariant).variants).toEqual(['main/1.m3u8?auth_key=a%2Fb']);
    const facts = mediaFacts(await playback.textOnce('/studio/main/1.m3u8?auth_key=a%2Fb', () => true));
    expect(facts.uris[0]).toBe('1/0.m4s?auth_key=a%2Fb');
    const segment = await playback.get(`/studio/main/${facts.uris[0]}`);
    const hash = createHash('sha256')
      .update(Buffer.from(await segment.arrayBuffer()))
      .digest('hex');
    expect(segment.headers.get('etag')).toBe(`"${hash}"`);
    expect(source.window(VIDEO).segments[0]?.sha256).toBe(hash);
  });
});

describe('the first request', () => {
  it('is held until every track has a segment, once an encoder has connected', async () => {
    const source = await LiveSource.create(servers);
    await source.connectPublisher();
    const answer = playback.get(`/live/${source.row.externalId}/index.m3u8`);
    await source.addTrack(VIDEO, INITS.video);
    await source.addTrack(AUDIO, INITS.audio);
    await source.close([AUDIO], 1);
    await source.close([VIDEO], 1);
    const response = await answer;
    expect(response.status).toBe(200);
    expect(multivariantUris(await response.text())).toEqual({ variants: ['1.m3u8'], audio: ['2.m3u8'] });
  });

  it('is refused at once when no encoder has connected', async () => {
    const source = await LiveSource.create(servers);
    await playback.textOnce('/', () => true);
    const startedMs = performance.now();
    const response = await playback.get(`/live/${source.row.externalId}/index.m3u8`);
    expect(response.status).toBe(404);
    expect(performance.now() - startedMs).toBeLessThan(2000);
    expect(response.headers.get('cache-control')).toBe('public, max-age=1');
  });
});

describe('without Redis data', () => {
  it('what was mirrored and cached is still served after FLUSHALL, and nothing goes back', async () => {
    const source = await liveSource(servers, 6);
    const root = `/live/${source.row.id}/`;
    const before = mediaFacts(await playback.textOnce(`${root}1.m3u8`, () => true));
    await (await playback.get(`${root}1/5.m4s`)).arrayBuffer();
    await servers.redis.flushall();
    const after = mediaFacts(await playback.textOnce(`${root}1.m3u8`, () => true));
    expect(after).toEqual(before);
    expect((await playback.get(`${root}1/5.m4s`)).status).toBe(200);
    expect((await playback.get(`${root}1/4.m4s`)).status).toBe(404);
  });
});

function rawGet(
  url: string,
  headers: Record<string, string>,
): Promise<{ headers: NodeJS.Dict<string | string[]>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    httpGet(url, { headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(pieces) }));
    }).on('error', reject);
  });
}
