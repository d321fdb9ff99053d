import { BoxScanner, inspectChunk, readInit } from '#cmaf';
import { parse } from 'mpd-parser';
import { eventually } from '#shared/testing';
import { fragment } from '../../../libs/cmaf/testing/fragment.ts';
import { AUDIO, LiveSource, SEGMENT_MS, VIDEO } from './support/live-source.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';
import { connectServers, INITS, type Servers } from './support/servers.ts';

const PARTS = 4;
const FIRST_SEC = 5000;
const TRACKS = [
  { trackId: VIDEO, init: INITS.video },
  { trackId: AUDIO, init: INITS.audio },
] as const;

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

/** A chunk of half a second whose decode time continues those before it. */
function chunkOf(init: Buffer, index: number): Buffer {
  const [facts] = readInit(init).tracks;
  if (facts === undefined) throw new Error('expected a track');
  const ticks = facts.timescale / 2;
  const run = [{ durationTicks: ticks, flags: 0x2000000, compositionTicks: 0, data: new Uint8Array(100) }];
  const perSample = { duration: true, size: true, flags: true, composition: false };
  const decodeTimeTicks = BigInt(FIRST_SEC * facts.timescale) + BigInt(index) * BigInt(ticks);
  return Buffer.from(fragment([{ trackId: facts.trackId, decodeTimeTicks, runs: [run], perSample }]));
}

/** Real chunks, `count` segments of four of each track and one more chunk of the next. */
async function chunkedSource(count: number): Promise<LiveSource> {
  const source = await LiveSource.create(servers, {}, Date.now() - count * SEGMENT_MS);
  for (const { trackId, init } of TRACKS) {
    await source.addTrack(trackId, init);
    for (let index = 0; index < count * PARTS; index += 1) {
      await source.appendPart(trackId, { bytes: chunkOf(init, index) });
      if (index % PARTS === PARTS - 1) await source.closeOpen(trackId);
    }
    await source.appendPart(trackId, { bytes: chunkOf(init, count * PARTS) });
  }
  return source;
}

const manifestOf = async (path: string): Promise<{ text: string; url: URL; response: Response }> => {
  const response = await playback.get(path);
  return { text: await response.text(), url: new URL(path, playback.url), response };
};

interface Listed {
  readonly uri: string;
  readonly number: number;
  readonly timeSec: number;
}

/** What an independent parser reads of the video: it numbers segments in its own way, so the number is that of the URL. */
function videoOf(text: string, url: URL): { segments: Listed[]; initUri: string } {
  const segments = parse(text, { manifestUri: url.href }).playlists[0]?.segments ?? [];
  return {
    segments: segments.map(({ resolvedUri, presentationTime }) => ({
      uri: resolvedUri,
      number: Number(/(\d+)\.m4s$/.exec(resolvedUri)?.[1]),
      timeSec: presentationTime,
    })),
    initUri: segments[0]?.map.resolvedUri ?? '',
  };
}

async function decodeTimeSec(uri: string): Promise<number> {
  const bytes = new Uint8Array(await (await fetch(uri)).arrayBuffer());
  const [facts] = readInit(INITS.video).tracks;
  const moof = new BoxScanner({ maxBoxBytes: 1e6 }).push(bytes).find(({ type }) => type === 'moof');
  if (facts === undefined || moof === undefined) throw new Error(`${uri}: expected a chunk`);
  const [timing] = inspectChunk(moof.bytes, new Map([[facts.trackId, facts]]));
  return Number(timing?.decodeTimeTicks ?? 0n) / facts.timescale;
}

describe('the DASH manifest', () => {
  let source: LiveSource;
  beforeAll(async () => {
    source = await chunkedSource(8);
  });
  const path = (): string => `/live/${source.row.externalId}/manifest.mpd`;

  it('lists the segments of the media playlists by URLs that answer, with the times that their bytes carry', async () => {
    const { text, url, response } = await manifestOf(path());
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/dash+xml']);
    const { segments, initUri } = videoOf(text, url);
    expect(segments.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(Buffer.from(await (await fetch(initUri)).arrayBuffer())).toEqual(INITS.video);
    const periodStartSec = (segments[0]?.timeSec ?? 0) - FIRST_SEC;
    for (const { uri, timeSec } of segments.slice(0, -1)) {
      expect(timeSec - periodStartSec).toBeCloseTo(await decodeTimeSec(uri), 3);
    }
  });

  it('is kept by caches as a playlist is, compressed alike, and the same for everybody', async () => {
    const { response } = await manifestOf(path());
    expect(response.headers.get('cache-control')).toBe('public, max-age=1');
    expect(response.headers.get('vary')).toBe('Accept-Encoding');
    const zipped = await playback.get(path(), { headers: { 'accept-encoding': 'br' } });
    expect(zipped.headers.get('content-encoding')).toBe('br');
    const again = await playback.get(path(), {
      headers: { 'if-none-match': zipped.headers.get('etag') ?? '', 'accept-encoding': 'br' },
    });
    expect(again.status).toBe(304);
  });

  it('lists the segment in production, whose URL answers part by part as they come', async () => {
    const { text, url } = await manifestOf(path());
    expect(text).toMatch(/availabilityTimeComplete="false"/);
    const { segments } = videoOf(text, url);
    const answer = await fetch(segments.at(-1)?.uri ?? '');
    const reader = answer.body?.getReader();
    const start = await reader?.read();
    expect(Buffer.from(start?.value ?? [])).toEqual(chunkOf(INITS.video, 8 * PARTS));
    await source.appendPart(VIDEO, { bytes: chunkOf(INITS.video, 8 * PARTS + 1) });
    await source.closeOpen(VIDEO);
    const rest: Buffer[] = [];
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read())
      rest.push(Buffer.from(piece.value));
    expect(Buffer.concat(rest)).toEqual(chunkOf(INITS.video, 8 * PARTS + 1));
  });

  it('goes on when a segment is added', async () => {
    await source.appendPart(VIDEO, { bytes: chunkOf(INITS.video, 9 * PARTS) });
    await source.closeOpen(VIDEO);
    await eventually(async () => {
      const { text, url } = await manifestOf(path());
      return videoOf(text, url).segments.at(-1)?.number === 9;
    });
  });

  it('hands its query on, but no CMCD, and has no time shift', async () => {
    const { text } = await manifestOf(`${path()}?tok=a%26b&CMCD=bl%3D100`);
    expect(text).toMatch(/media="1\/\$Number\$.m4s\?tok=a%26b"/);
    expect(text).not.toContain('CMCD');
    expect((await playback.get(`${path()}?lhs_start=1&lhs_offset_unix_s_0=60`)).status).toBe(404);
  });

  it('of a broadcast lists the segments that began in it', async () => {
    const startEpochMs = source.window(VIDEO).segments[3]?.startEpochMs ?? 0;
    const id = `bc_${source.row.id.slice(3, 15)}`;
    await source.putBroadcast({ id, callCid: 'c', inputId: source.row.id, state: 'running', startEpochMs });
    const listed = await eventually(async () => {
      const { text, url, response } = await manifestOf(`/broadcast/${id}/manifest.mpd`);
      return response.status === 200 && videoOf(text, url).segments;
    });
    expect(listed[0]?.number).toBe(3);
    expect((await fetch(listed[0]?.uri ?? '')).status).toBe(200);
  });
});

it('a stream that is not live has no manifest', async () => {
  const silent = await LiveSource.create(servers);
  const response = await playback.get(`/live/${silent.row.id}/manifest.mpd`);
  expect([response.status, await response.json()]).toEqual([404, expect.objectContaining({ error: 'StreamNotLive' })]);
});

it('the clock of the manifest is the wall clock, and kept by nobody', async () => {
  const response = await playback.get('/time');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(Math.abs(Date.parse(await response.text()) - Date.now())).toBeLessThan(2000);
});
