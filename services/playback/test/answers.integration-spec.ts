import { ANSWER_CASES, type Sources } from './support/answer-cases.ts';
import { connectServers, LiveSource, liveSource, type Servers } from './support/live-source.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';

let servers: Servers;
let sources: Sources;
const doors = new Map<string, PlaybackUnderTest>();

beforeAll(async () => {
  servers = await connectServers();
  sources = {
    live: await liveSource(servers, 6),
    banned: await liveSource(servers, 4, { available: false }),
    silent: await LiveSource.create(servers),
  };
  doors.set('ahead of the router', await startPlaybackUnderTest());
  doors.set('through the router', await startPlaybackUnderTest({}, { fastPath: false }));
});

afterAll(async () => {
  for (const door of doors.values()) await door.close();
  await servers.close();
});

describe.each(['ahead of the router', 'through the router'])('%s', (name) => {
  it.each(ANSWER_CASES)('$status for $behaviour', async (row) => {
    const door = doors.get(name);
    if (door === undefined) throw new Error(name);
    const response = await door.get(row.path(sources), {
      method: row.method ?? 'GET',
      headers: { 'accept-encoding': 'identity', ...row.headers },
    });
    const body = Buffer.from(await response.arrayBuffer());
    expect({ status: response.status, body: row.error === undefined ? undefined : body.toString() }).toEqual({
      status: row.status,
      body: row.error === undefined ? undefined : expect.stringContaining(`"error":"${row.error}"`),
    });
    if (row.error !== undefined)
      expect(JSON.parse(body.toString())).toEqual({ error: row.error, message: expect.any(String) });
    if (row.bodyBytes !== undefined) expect(body.length).toBe(row.bodyBytes);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-expose-headers')).toContain('Age');
    for (const [header, value] of Object.entries(row.answerHeaders ?? {}))
      expect(response.headers.get(header)).toBe(value);
  });

  it('conditions on the entity tag of a segment', async () => {
    const door = doors.get(name);
    const etag = `"${sources.live.window(1).segments[2]?.sha256}"`;
    const ask = async (headers: Record<string, string>): Promise<number | undefined> =>
      (await door?.get(`/live/${sources.live.row.id}/1/2.m4s`, { headers }))?.status;
    expect(await ask({ 'if-none-match': etag })).toBe(304);
    expect(await ask({ 'if-none-match': `"x", W/${etag}` })).toBe(304);
    expect(await ask({ 'if-none-match': '"x"' })).toBe(200);
    expect(await ask({ range: 'bytes=0-9', 'if-range': etag })).toBe(206);
    expect(await ask({ range: 'bytes=0-9', 'if-range': '"x"' })).toBe(200);
    expect(await ask({ range: 'bytes=0-9', 'if-range': 'Sat, 21 Nov 2026 00:00:00 GMT' })).toBe(200);
  });

  it('answers with the same entity tag for a playlist that has not changed', async () => {
    const door = doors.get(name);
    const first = await door?.get(`/live/${sources.live.row.id}/1.m3u8`);
    const etag = first?.headers.get('etag') ?? '';
    const again = await door?.get(`/live/${sources.live.row.id}/1.m3u8`, { headers: { 'if-none-match': etag } });
    expect(again?.status).toBe(304);
  });
});
