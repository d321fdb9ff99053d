import { createHash, randomBytes } from 'node:crypto';
import { ArchiveStub } from './support/archive-stub.ts';
import { AUDIO, LiveSource, SEGMENT_MS, VIDEO } from './support/live-source.ts';
import { connectServers, INITS, type Servers } from './support/servers.ts';
import { mediaFacts, multivariantUris } from './support/oracles.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';

let servers: Servers;
let archive: ArchiveStub;
let playback: PlaybackUnderTest;

beforeAll(async () => {
  servers = await connectServers();
  archive = await ArchiveStub.start();
  playback = await startPlaybackUnderTest();
});

afterAll(async () => {
  await playback.close();
  await archive.close();
  await servers.close();
});

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** 60 segments per track: the first 50 archived, those from 40 on in the window. */
async function recordedSource(endMs = Date.now()): Promise<{ source: LiveSource; startMs: number }> {
  const startMs = Math.floor((endMs - 60 * SEGMENT_MS) / 1000) * 1000;
  const source = await LiveSource.create(servers, {}, startMs);
  await source.addTrack(VIDEO, INITS.video);
  await source.addTrack(AUDIO, INITS.audio);
  await source.close([VIDEO, AUDIO], 60, { keep: 20 });
  await archive.put(
    source.row.id,
    [VIDEO, AUDIO].flatMap((trackId) =>
      Array.from({ length: 50 }, (_, mediaSequence) => ({
        entry: {
          trackId,
          mediaSequence,
          startEpochMs: startMs + mediaSequence * SEGMENT_MS,
          initSha256: sha256(trackId === VIDEO ? INITS.video : INITS.audio),
        },
        bytes: source.bytes.get(`${trackId}/${mediaSequence}`) ?? Buffer.alloc(0),
      })),
    ),
  );
  return { source, startMs };
}

describe('a shifted playlist', () => {
  it('lists what a track lost as a gap under its number, before it is archived too', async () => {
    const { source, startMs } = await recordedSource();
    await source.closeGap(VIDEO);
    await source.close([VIDEO], 1);
    const path = `/live/${source.row.id}/1.m3u8?lhs_start_unix_ms_0=${startMs + 100_000}`;
    const text = await playback.textOnce(path, (list) => list.includes('-61.m4s'));
    expect(text).toMatch(/#EXT-X-GAP\n[^\n]*\n[^\n]*-60\.m4s/);
    expect(text.match(/#EXT-X-GAP/g)).toHaveLength(1);
  });

  it('D-11 D-18: from a start on, it grows with live across the seam, and every byte is the one that was sent', async () => {
    const { source, startMs } = await recordedSource();
    const stream = source.row.externalId;
    const multivariant = await playback.textOnce(
      `/live/${stream}.m3u8?lhs_start_unix_ms_0=${startMs + 61_000}&tok=a`,
      () => true,
    );
    const uris = multivariantUris(multivariant);
    expect(uris.variants).toEqual([`${stream}/1.m3u8?lhs_start=1&lhs_start_unix_ms_0=${startMs + 61_000}&tok=a`]);
    for (const [trackId, uri] of [
      [VIDEO, uris.variants[0]],
      [AUDIO, uris.audio[0]],
    ] as const) {
      const listUrl = new URL(`/live/${uri}`, playback.url);
      const facts = mediaFacts(await playback.textOnce(listUrl.pathname + listUrl.search, () => true));
      expect(facts).toMatchObject({
        mediaSequence: 30,
        endList: false,
        playlistType: 'EVENT',
        firstStartEpochMs: startMs + 60_000,
      });
      expect(facts.uris).toHaveLength(30);
      for (const [index, segmentUri] of facts.uris.entries()) {
        const response = await fetch(new URL(segmentUri, listUrl));
        expect(response.status).toBe(200);
        const bytes = Buffer.from(await response.arrayBuffer());
        expect(bytes.equals(source.bytes.get(`${trackId}/${30 + index}`) ?? Buffer.alloc(0))).toBe(true);
      }
      const init = await fetch(new URL(facts.maps[0] ?? '', listUrl));
      expect(Buffer.from(await init.arrayBuffer()).equals(trackId === VIDEO ? INITS.video : INITS.audio)).toBe(true);
    }
    await source.close([VIDEO], 1);
    const grown = await playback.textOnce(`/live/${stream}/1.m3u8?lhs_start_unix_ms_0=${startMs + 61_000}`, (text) =>
      text.includes('-60.m4s'),
    );
    expect(mediaFacts(grown)).toMatchObject({ mediaSequence: 30, endList: false });
  });

  it('D-13 D-22: a VOD range of the past is whole, ends, repeats byte for byte and may be kept long', async () => {
    const { source, startMs } = await recordedSource(Date.now() - 400_000);
    const query = `lhs_start_unix_s_0=${startMs / 1000 + 10}&lhs_vodend_unix_s_0=${startMs / 1000 + 50}`;
    const path = `/live/${source.row.externalId}/1.m3u8?${query}`;
    const first = await playback.get(path);
    const text = await first.text();
    expect(mediaFacts(text)).toMatchObject({ mediaSequence: 5, endList: true, playlistType: 'VOD' });
    expect(mediaFacts(text).uris).toHaveLength(20);
    expect(first.headers.get('cache-control')).toBe('public, max-age=86400');
    const again = await playback.get(path, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
  });

  it('D-12: a range whose end has passed is an EVENT with ENDLIST', async () => {
    const { source, startMs } = await recordedSource();
    const query = `lhs_start_unix_ms_0=${startMs}&lhs_end_unix_ms_0=${startMs + 20_000}`;
    const facts = mediaFacts(await playback.textOnce(`/live/${source.row.externalId}/1.m3u8?${query}`, () => true));
    expect(facts).toMatchObject({ mediaSequence: 0, endList: true, playlistType: 'EVENT' });
    expect(facts.uris).toHaveLength(10);
  });

  it('D-14: an offset is the live playlist of that long ago', async () => {
    const { source, startMs } = await recordedSource();
    const facts = mediaFacts(
      await playback.textOnce(`/live/${source.row.externalId}/1.m3u8?lhs_offset_unix_s_0=60`, () => true),
    );
    expect(facts).toMatchObject({ endList: false, playlistType: undefined });
    expect(facts.uris).toHaveLength(15);
    const lastEndMs = startMs + (facts.mediaSequence + 15) * SEGMENT_MS;
    expect(Math.abs(Date.now() - 60_000 - lastEndMs)).toBeLessThan(2 * SEGMENT_MS + 1000);
  });

  it('D-20: a range without media is 404 and may be kept for a second; a range too long is 400', async () => {
    const { source, startMs } = await recordedSource();
    const path = `/live/${source.row.externalId}/1.m3u8`;
    const empty = await playback.get(`${path}?lhs_start_unix_s_0=1500000000&lhs_vodend_unix_s_0=1500000100`);
    expect({ status: empty.status, cache: empty.headers.get('cache-control') }).toEqual({
      status: 404,
      cache: 'public, max-age=1',
    });
    expect(await empty.json()).toMatchObject({ error: 'NothingRecorded' });
    const long = await playback.get(`${path}?lhs_start_unix_ms_0=${startMs}&lhs_end_unix_ms_0=${startMs + 90_000_000}`);
    expect({ status: long.status, body: await long.json() }).toMatchObject({
      status: 400,
      body: { error: 'InvalidRequest' },
    });
  });

  it('D-21: what retention took from the index is not listed and not served any more', async () => {
    const { source, startMs } = await recordedSource();
    archive.retainFrom(source.row.id, startMs + 40_000);
    const facts = mediaFacts(
      await playback.textOnce(`/live/${source.row.externalId}/1.m3u8?lhs_start_unix_ms_0=${startMs}`, () => true),
    );
    expect(facts.mediaSequence).toBe(20);
    const gone = await playback.get(`/shift/${source.row.externalId}/1/${Math.floor(startMs / 3_600_000)}-3.m4s`);
    expect(gone.status).toBe(404);
  });

  it('gives no bytes that are not what was recorded', async () => {
    const { source, startMs } = await recordedSource();
    const hour = Math.floor(startMs / 3_600_000);
    await archive.store.put(await firstKeyOf(source.row.id), randomBytes(400_000));
    expect((await playback.get(`/shift/${source.row.externalId}/1/${hour}-0.m4s`)).status).toBe(404);
  });

  it('finds an init segment that only the archive still has', async () => {
    const { source } = await recordedSource();
    const old = INITS.otherVideo;
    await archive.store.put(`init/${source.row.id}/${sha256(old)}.mp4`, old);
    const response = await playback.get(`/live/${source.row.externalId}/1/init-${sha256(old).slice(0, 16)}.mp4`);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(old)).toBe(true);
  });
});

describe('the timeline query', () => {
  it('D-30 D-34 D-35: names the periods, and each start begins its playlist', async () => {
    const { source, startMs } = await recordedSource();
    const [startSec, endSec] = [startMs / 1000, startMs / 1000 + 600];
    const range = `app=live&stream=${source.row.externalId}&format=fmp4&lhs_start_unix_s_0=${startSec}&lhs_end_unix_s_0=${endSec}`;
    expect(await timeline(`${range}&merge=1`)).toEqual({
      retCode: 0,
      description: 'success',
      content: { current: expect.any(Number), timeline: [{ start: startSec, end: startSec + 120 }] },
    });
    const perSegment = (await timeline(range))['content'] as { timeline: Array<{ start: number }> };
    expect(perSegment.timeline).toHaveLength(60);
    const chosen = perSegment.timeline[33]?.start ?? 0;
    const facts = mediaFacts(
      await playback.textOnce(`/live/${source.row.externalId}/1.m3u8?lhs_start_unix_s_0=${chosen}`, () => true),
    );
    expect(facts.firstStartEpochMs).toBe(chosen * 1000);
  });

  it('D-31 D-32: says in JSON why there is nothing', async () => {
    const source = await LiveSource.create(servers);
    const times = 'lhs_start_unix_s_0=1500000000&lhs_end_unix_s_0=1500000100&format=ts';
    expect(await timeline(`app=live&stream=${source.row.externalId}&${times}`)).toMatchObject({
      retCode: 0,
      content: { timeline: [] },
    });
    expect(await timeline(`app=live&stream=nobody&${times}`)).toMatchObject({ retCode: 1004 });
    expect(await timeline(`app=live&${times}`)).toMatchObject({ retCode: 1001 });
  });
});

describe('hours of the archive', () => {
  it('are fetched once for many who ask at the same time', async () => {
    const { source, startMs } = await recordedSource();
    const before = archive.hourRequests;
    const path = `/live/${source.row.externalId}/1.m3u8?lhs_start_unix_ms_0=${startMs}`;
    await Promise.all(Array.from({ length: 50 }, async () => (await playback.get(path)).text()));
    expect(archive.hourRequests - before).toBeLessThanOrEqual(2);
  });
});

async function firstKeyOf(inputId: string): Promise<string> {
  for await (const { key } of archive.store.list(`media/${inputId}/`)) return key;
  throw new Error('expected an archive object');
}

async function timeline(query: string): Promise<Record<string, unknown>> {
  const response = await playback.get(`/openapi/timeline/query?${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}
