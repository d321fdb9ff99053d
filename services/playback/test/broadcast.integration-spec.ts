import { liveSource, SEGMENT_MS, VIDEO, type LiveSource } from './support/live-source.ts';
import { connectServers, type Servers } from './support/servers.ts';
import { mediaFacts, multivariantUris } from './support/oracles.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';
import { eventually } from '#shared/testing';

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

const startOf = (source: LiveSource, mediaSequence: number): number =>
  source.window(VIDEO).segments.find((segment) => segment.mediaSequence === mediaSequence)?.startEpochMs ?? NaN;

describe('the playlist of a broadcast', () => {
  it('is absent before it runs, holds only its segments while it does, and ends when it stops', async () => {
    const source = await liveSource(servers, 10);
    const id = `bc_${source.row.id.slice(3)}`;
    const row = { id, callCid: 'default:c', inputId: source.row.id, startEpochMs: startOf(source, 4) };
    const root = `/broadcast/${id}/`;
    await source.putBroadcast({ ...row, state: 'starting' });
    expect((await playback.get(`${root}index.m3u8`)).status).toBe(404);

    await source.putBroadcast({ ...row, state: 'running' });
    const multivariant = await playback.textOnce(`${root}index.m3u8`, () => true);
    expect(multivariantUris(multivariant)).toEqual({ variants: ['1.m3u8'], audio: ['2.m3u8'] });
    const running = mediaFacts(await playback.textOnce(`${root}1.m3u8`, () => true));
    expect(running).toMatchObject({
      mediaSequence: 4,
      endList: false,
      firstStartEpochMs: Math.round(row.startEpochMs),
    });
    expect(running.uris).toEqual([4, 5, 6, 7, 8, 9].map((msn) => `../../live/${source.row.externalId}/1/${msn}.m4s`));
    const segment = await fetch(new URL(running.uris[0] ?? '', `${playback.url}${root}1.m3u8`));
    expect(segment.status).toBe(200);
    const init = await fetch(new URL(running.maps[0] ?? '', `${playback.url}${root}1.m3u8`));
    expect(init.status).toBe(200);

    await source.putBroadcast({ ...row, state: 'stopped', endEpochMs: startOf(source, 9) + SEGMENT_MS });
    await source.close([VIDEO], 3);
    const ended = mediaFacts(await playback.textOnce(`${root}1.m3u8`, (text) => text.includes('#EXT-X-ENDLIST')));
    expect(ended.uris).toEqual(running.uris);
    const live = mediaFacts(
      await playback.textOnce(`/live/${source.row.id}/1.m3u8`, (text) => text.includes('1/12.m4s')),
    );
    expect(live.endList).toBe(false);
  });

  it('is held back until the first segment that begins in it', async () => {
    const source = await liveSource(servers, 4);
    const id = `bc_${source.row.id.slice(3)}`;
    const startEpochMs = startOf(source, 3) + SEGMENT_MS;
    await source.putBroadcast({ id, callCid: 'default:c', inputId: source.row.id, startEpochMs, state: 'running' });
    const answer = eventually(async () => {
      const response = await playback.get(`/broadcast/${id}/1.m3u8`);
      return response.status === 200 ? response.text() : undefined;
    });
    await source.close([1, 2], 1);
    expect(mediaFacts(await answer)).toMatchObject({ mediaSequence: 4 });
  });
});
