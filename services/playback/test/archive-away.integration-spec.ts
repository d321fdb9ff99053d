import { LiveSource, VIDEO } from './support/live-source.ts';
import { connectServers, INITS, type Servers } from './support/servers.ts';
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

describe('without a timeshift service', () => {
  it('live is served, a range that only the archive knows is 503, one within the window is served', async () => {
    const source = await LiveSource.create(servers, {}, Date.now() - 170_000);
    await source.addTrack(VIDEO, INITS.video);
    await source.close([VIDEO], 85);
    const root = `/live/${source.row.externalId}/1.m3u8`;
    expect((await playback.get(root)).status).toBe(200);
    const refused = await playback.get(`${root}?lhs_start_unix_s_0=1700000000&lhs_vodend_unix_s_0=1700000100`);
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 503,
      body: { error: 'ArchiveUnavailable' },
    });
    const within = await playback.get(`${root}?lhs_start_unix_ms_0=${Date.now() - 60_000}`);
    expect(within.status).toBe(200);
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
  });
});
