import { randomUUID } from 'node:crypto';
import { liveSource, type LiveSource } from './support/live-source.ts';
import { connectServers, type Servers } from './support/servers.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';

let servers: Servers;
let source: LiveSource;
let playback: PlaybackUnderTest;

beforeAll(async () => {
  servers = await connectServers();
  source = await liveSource(servers, 6);
  playback = await startPlaybackUnderTest();
});

afterAll(async () => {
  await playback.close();
  await servers.close();
});

const withCmcd = (path: string, said: string): string => `${path}?CMCD=${encodeURIComponent(said)}`;
const sessionOf = async (sessionId: string): Promise<Record<string, unknown> | undefined> => {
  const page = (await (await fetch(`${playback.opsUrl}/sessions`)).json()) as { sessions: Record<string, unknown>[] };
  return page.sessions.find((session) => session['sessionId'] === sessionId);
};

it('what a player says of itself is one session, by query and by headers', async () => {
  const sid = randomUUID();
  const base = `/live/${source.row.id}`;
  await playback.get(withCmcd(`${base}/index.m3u8`, `cid="show",ot=m,sf=h,sid="${sid}",st=l,su`));
  await playback.get(withCmcd(`${base}/1.m3u8`, `bl=2100,ot=m,sf=h,sid="${sid}",st=l`));
  await playback.get(`${base}/1/2.m4s`, {
    headers: {
      'cmcd-session': `sid="${sid}",sf=h,st=l`,
      'cmcd-object': 'br=3000,d=2000,ot=v,tb=6000',
      'cmcd-request': 'bl=1800,dl=900,mtp=25400',
      'cmcd-status': 'bs',
    },
  });
  expect(await sessionOf(sid)).toMatchObject({
    contentId: 'show',
    streamType: 'l',
    streamingFormat: 'h',
    encodedBitrateKbps: 3000,
    bufferLengthMs: 1800,
    measuredThroughputKbps: 25_400,
    deadlineMs: 900,
    requests: 3,
    requestTypes: { m: 2, v: 1 },
    stalls: 1,
    startups: 1,
  });
});

it('is measured under the names of CTA-5004', async () => {
  const before = await playback.metric('playback_cmcd_buffer_starvation_total');
  await playback.get(withCmcd(`/live/${source.row.id}/1.m3u8`, `bl=500,bs,ot=m,sf=h,sid="${randomUUID()}"`));
  expect(await playback.metric('playback_cmcd_buffer_starvation_total')).toBe(before + 1);
  const text = await (await fetch(`${playback.opsUrl}/metrics`)).text();
  expect(text).toMatch(/headwater_playback_cmcd_reports_total\{object_type="m",streaming_format="h",[^}]*\} \d/);
  expect(text).toMatch(/headwater_playback_cmcd_buffer_length_seconds_count\{[^}]*\} [1-9]/);
});

it('changes nothing of the answer: same bytes, same render, and nothing of it in what is listed', async () => {
  const path = `/live/${source.row.id}/1.m3u8`;
  const plain = await playback.get(path);
  const rendersBefore = await playback.metric('playback_playlist_renders_total');
  const said = await playback.get(withCmcd(path, `bl=500,ot=m,sf=h,sid="${randomUUID()}"`));
  const text = await said.text();
  expect(text).toBe(await plain.text());
  expect(text).not.toContain('CMCD');
  expect(said.headers.get('etag')).toBe(plain.headers.get('etag'));
  expect(await playback.metric('playback_playlist_renders_total')).toBe(rendersBefore);
});

it('fails no request when it is malformed, and is counted', async () => {
  const before = await playback.metric('playback_cmcd_malformed_total');
  for (const value of ['%', '%22', 'br%3D', 'x'.repeat(5000)]) {
    expect((await playback.get(`/live/${source.row.id}/1/2.m4s?CMCD=${value}`)).status).toBe(200);
  }
  expect(await playback.metric('playback_cmcd_malformed_total')).toBe(before + 4);
});
