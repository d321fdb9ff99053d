import { backendsFromEnvironment, eventually, TcpGate } from '#shared/testing';
import { liveSource } from './support/live-source.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';
import { connectServers, type Servers } from './support/servers.ts';

let servers: Servers;
let gate: TcpGate;
let playback: PlaybackUnderTest;

beforeAll(async () => {
  servers = await connectServers();
  gate = await TcpGate.to(backendsFromEnvironment().NATS_URL);
  playback = await startPlaybackUnderTest({ NATS_URL: gate.url });
});

afterAll(async () => {
  gate.open();
  await playback.close();
  gate.close();
  await servers.close();
});

describe('while the bus is away', () => {
  it('a stream is served from Redis; what only the bus has is 503, to be asked again', async () => {
    const source = await liveSource(servers, 5);
    const root = `/live/${source.row.id}/`;
    const list = await playback.textOnce(`${root}1.m3u8`, (text) => text.includes('1/4.m4s'));
    const init = `${root}${/URI="(1\/init-[0-9a-f]+\.mp4)"/.exec(list)?.[1]}`;
    gate.shut();
    expect((await playback.get(`${root}1.m3u8`)).status).toBe(200);
    expect((await playback.get(`${root}1/4.m4s`)).status).toBe(200);
    const refused = await playback.get(init);
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 503,
      body: { error: 'BusUnavailable' },
    });
    gate.open();
    await eventually(async () => (await playback.get(init)).status === 200, {
      what: 'the init segment',
      withinMs: 15_000,
    });
  }, 30_000);
});
