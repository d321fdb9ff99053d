import { backendsFromEnvironment, eventually } from '#shared/testing';
import { liveSource, VIDEO } from './support/live-source.ts';
import { connectServers, type Servers } from './support/servers.ts';
import { mediaFacts } from './support/oracles.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';
import { TcpProxy } from './support/tcp-proxy.ts';

let servers: Servers;
let proxy: TcpProxy;
let playback: PlaybackUnderTest;

beforeAll(async () => {
  servers = await connectServers();
  proxy = await TcpProxy.before(backendsFromEnvironment().REDIS_URL);
  playback = await startPlaybackUnderTest({ REDIS_URL: `redis://127.0.0.1:${proxy.port}` });
});

afterAll(async () => {
  await playback.close();
  proxy.close();
  await servers.close();
});

const isReady = async (): Promise<boolean> => (await fetch(`${playback.opsUrl}/health/ready`)).status === 200;

describe('while Redis is away', () => {
  it('a mirrored stream goes on by facts, an unknown one is 503, and all is well when Redis is back', async () => {
    const [watched, unwatched] = [await liveSource(servers, 5), await liveSource(servers, 5)];
    const path = `/live/${watched.row.id}/1.m3u8`;
    await playback.textOnce(path, () => true);
    expect(await isReady()).toBe(true);
    proxy.shut();
    await watched.close([VIDEO], 2);
    const facts = mediaFacts(await playback.textOnce(path, (text) => text.includes('1/6.m4s')));
    expect(facts.uris).toHaveLength(7);
    const refused = await playback.get(`/live/${unwatched.row.id}/index.m3u8`);
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 503,
      body: { error: 'StoreUnavailable' },
    });
    expect(await isReady()).toBe(true);
    proxy.open();
    await eventually(async () => (await playback.get(`/live/${unwatched.row.id}/index.m3u8`)).status === 200);
    expect((await playback.get(`/live/${watched.row.id}/1/6.m4s`)).status).toBe(200);
  });
});
