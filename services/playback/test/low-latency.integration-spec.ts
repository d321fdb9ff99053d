import { AUDIO, liveSource, VIDEO, type LiveSource } from './support/live-source.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';
import { connectServers, type Servers } from './support/servers.ts';

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

const pathOf = (source: LiveSource, trackId = VIDEO): string => `/live/${source.row.id}/${trackId}.m3u8`;

/** Segments 0 to 9 of four parts of 500 ms, and `openParts` parts of segment 10, of video and audio. */
async function lowLatencySource(openParts: number): Promise<LiveSource> {
  const source = await liveSource(servers, 5);
  for (let i = 0; i < 5; i += 1) await appendSegment(source);
  for (let i = 0; i < openParts; i += 1) await appendBoth(source);
  await playback.textOnce(pathOf(source), (text) => openParts === 0 || text.includes(`1/10.${openParts - 1}.m4s`));
  return source;
}

async function appendBoth(source: LiveSource): Promise<void> {
  for (const trackId of [VIDEO, AUDIO]) await source.appendPart(trackId);
}

async function closeBoth(source: LiveSource): Promise<void> {
  for (const trackId of [VIDEO, AUDIO]) await source.closeOpen(trackId);
}

async function appendSegment(source: LiveSource): Promise<void> {
  for (let part = 0; part < 4; part += 1) await appendBoth(source);
  await closeBoth(source);
}

interface Pending {
  readonly answer: Promise<{ status: number; text: string; headers: Headers }>;
  isAnswered(): boolean;
}

/** A request under way. */
function ask(path: string, door = playback): Pending {
  let answered = false;
  const answer = door.get(path).then(async (response) => {
    const text = await response.text();
    answered = true;
    return { status: response.status, text, headers: response.headers };
  });
  return { answer, isAnswered: () => answered };
}

/** As long as an answer that nothing holds takes at the very most; a held request is still open after it. */
async function roundTrips(source: LiveSource): Promise<void> {
  for (let i = 0; i < 5; i += 1) await (await playback.get(pathOf(source))).text();
}

const hintOf = (text: string): string | undefined => /PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(text)?.[1];

describe('blocking reload, line by line', () => {
  it.each([
    ['25: a whole segment', '_HLS_msn=10', ['parts 2', 'close']],
    ['26: the next part', '_HLS_msn=10&_HLS_part=2', ['parts 1']],
    ['26: a later part', '_HLS_msn=10&_HLS_part=3', ['parts 2']],
    [
      '26: a part beyond the last of the newest segment: part 0 of the next but one',
      '_HLS_msn=11&_HLS_part=0',
      ['parts 2', 'close', 'parts 1'],
    ],
    [
      '29: a far part of the next segment (hls.js issue 3566)',
      '_HLS_msn=10&_HLS_part=7',
      ['parts 2', 'close', 'parts 1'],
    ],
    ['29: the segment after the open one', '_HLS_msn=11', ['parts 2', 'close', 'parts 4', 'close']],
  ])('%s is waited for, and no longer', async (_, query, steps) => {
    const source = await lowLatencySource(2);
    const pending = ask(`${pathOf(source)}?${query}`);
    const done: string[] = [];
    for (const step of steps) {
      await roundTrips(source);
      expect({ done, isAnswered: pending.isAnswered() }).toEqual({ done, isAnswered: false });
      const [verb, count] = step.split(' ');
      if (verb === 'close') await closeBoth(source);
      else for (let i = 0; i < Number(count); i += 1) await appendBoth(source);
      done.push(step);
    }
    const { status, text, headers } = await pending.answer;
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=12');
    const plain = await (await playback.get(pathOf(source))).text();
    expect(hintOf(text)).toBe(hintOf(plain));
  });

  it.each([
    ['26: what is there', '_HLS_msn=10&_HLS_part=1'],
    ['27: what is past', '_HLS_msn=3&_HLS_part=2'],
    ['27: what slid out', '_HLS_msn=0'],
    ['25: a segment that is whole', '_HLS_msn=9'],
    ['26: a part beyond the last of a past segment', '_HLS_msn=8&_HLS_part=900'],
    ['31: an unknown directive', '_HLS_throughput=900'],
    ['33: a delta update of now', '_HLS_skip=YES'],
  ])('%s is answered at once with the list as it stands', async (_, query) => {
    const source = await lowLatencySource(2);
    const { status, text } = await ask(`${pathOf(source)}?${query}`).answer;
    expect(status).toBe(200);
    expect(hintOf(text)).toBe('1/10.2.m4s');
    expect(text).toContain('\n1/9.m4s\n');
  });

  it.each([
    ['28: a part without a segment', '_HLS_part=0'],
    ['28: a malformed segment', '_HLS_msn=x'],
    ['28: a malformed part', '_HLS_msn=10&_HLS_part=-1'],
    ['28: a repeated segment', '_HLS_msn=9&_HLS_msn=10'],
    ['29: more than two segments ahead', '_HLS_msn=12'],
    ['29: a part beyond the advance part limit', '_HLS_msn=10&_HLS_part=900'],
  ])('%s is 400', async (_, query) => {
    const source = await lowLatencySource(2);
    const { status, text, headers } = await ask(`${pathOf(source)}?${query}`).answer;
    expect({ status, body: JSON.parse(text) }).toEqual({
      status: 400,
      body: { error: 'InvalidRequest', message: expect.stringContaining('_HLS_') },
    });
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });

  it('26: a part beyond the last of the newest segment waits for part 0 of the next', async () => {
    const source = await lowLatencySource(0);
    const pending = ask(`${pathOf(source)}?_HLS_msn=9&_HLS_part=4`);
    await roundTrips(source);
    expect(pending.isAnswered()).toBe(false);
    await appendBoth(source);
    expect(hintOf((await pending.answer).text)).toBe('1/10.1.m4s');
  });

  it('30: what does not come is 503 after three target durations, to be asked again', async () => {
    const source = await lowLatencySource(2);
    const startedMs = performance.now();
    const held = await Promise.all([
      ask(`${pathOf(source)}?_HLS_msn=10&_HLS_part=2`).answer,
      ask(`/live/${source.row.id}/1/10.2.m4s`).answer,
    ]);
    const waitedMs = performance.now() - startedMs;
    expect(held.map(({ status }) => status)).toEqual([503, 503]);
    expect(held.map(({ headers }) => headers.get('cache-control'))).toEqual(['no-store', 'no-store']);
    expect(waitedMs).toBeGreaterThan(5900);
    expect(waitedMs).toBeLessThan(8000);
  }, 20_000);

  it('31: an ended list ignores directives, malformed ones too, and a request that waits meets the end', async () => {
    const door = await startPlaybackUnderTest({ RECONNECT_WINDOW_MS: '3000' });
    try {
      const source = await lowLatencySource(2);
      const ended = await ask(`${pathOf(source)}?_HLS_msn=10&_HLS_part=2`, door).answer;
      expect(ended.status).toBe(200);
      expect(ended.text).toMatch(/#EXT-X-ENDLIST\n$/);
      expect(ended.text).not.toMatch(/PRELOAD-HINT|10\.1\.m4s/);
      for (const query of ['_HLS_msn=900', '_HLS_msn=x', '_HLS_part=1', '_HLS_msn=1&_HLS_skip=YES']) {
        const again = await ask(`${pathOf(source)}?${query}`, door).answer;
        expect({ status: again.status, isSame: again.text === ended.text }).toEqual({ status: 200, isSame: true });
      }
    } finally {
      await door.close();
    }
  }, 20_000);

  it('31: an I-frame list waits for whole segments', async () => {
    const source = await lowLatencySource(2);
    const pending = ask(`/live/${source.row.id}/1/iframes.m3u8?_HLS_msn=10&_HLS_part=2`);
    await appendBoth(source);
    await roundTrips(source);
    expect(pending.isAnswered()).toBe(false);
    await closeBoth(source);
    expect((await pending.answer).text).toContain('\n10.m4s\n');
  });
});

describe('low-latency lists', () => {
  it('thread the query of the viewer, and strip directives', async () => {
    const source = await lowLatencySource(2);
    const { text } = await ask(`${pathOf(source)}?tok=a%2Fb&_HLS_msn=10&_HLS_part=0`).answer;
    const uris = [...text.matchAll(/URI="([^"]+)"/g)].map((match) => match[1]);
    expect(uris.length).toBeGreaterThan(4);
    expect(uris.every((uri) => uri?.endsWith('?tok=a%2Fb') === true)).toBe(true);
    expect(text).not.toContain('_HLS_');
  });

  it('are rendered once for two hundred who wait, and each gets the same', async () => {
    const source = await lowLatencySource(2);
    const before = await playback.metric('playback_playlist_renders_total');
    const waiting = Array.from({ length: 200 }, () => ask(`${pathOf(source)}?_HLS_msn=10&_HLS_part=2`));
    await roundTrips(source);
    await source.appendPart(VIDEO);
    const texts = new Set((await Promise.all(waiting.map(({ answer }) => answer))).map(({ text }) => text));
    expect(texts.size).toBe(1);
    expect((await playback.metric('playback_playlist_renders_total')) - before).toBe(1);
  });

  it('of a broadcast are waited for alike, and end when its last segment is whole', async () => {
    const source = await lowLatencySource(2);
    const id = `bc_${source.row.id.slice(3)}`;
    const row = { id, callCid: 'livestream:x', inputId: source.row.id, state: 'running' as const };
    const startEpochMs = source.window(VIDEO).segments[3]?.startEpochMs ?? 0;
    await source.putBroadcast({ ...row, startEpochMs });
    const path = `/broadcast/${id}/1.m3u8`;
    await playback.textOnce(path, (text) => text.includes('/1/10.1.m4s'));
    const pending = ask(`${path}?_HLS_msn=10&_HLS_part=2`);
    await roundTrips(source);
    expect(pending.isAnswered()).toBe(false);
    await appendBoth(source);
    const { text } = await pending.answer;
    expect(hintOf(text)).toBe(`../../live/${source.row.externalId}/1/10.3.m4s`);
    expect(text).toContain('#EXT-X-RENDITION-REPORT:URI="2.m3u8",LAST-MSN=10');
    const endEpochMs = (source.window(VIDEO).open?.startEpochMs ?? 0) + 1000;
    await source.putBroadcast({ ...row, state: 'stopped', startEpochMs, endEpochMs });
    await closeBoth(source);
    await appendBoth(source);
    const ended = await playback.textOnce(path, (list) => list.includes('#EXT-X-ENDLIST'));
    expect(ended).toContain('/1/10.m4s\n');
    expect(ended).not.toContain('11.0');
  });

  it('of XRPC are waited for alike, with a part named beside its segment', async () => {
    const source = await lowLatencySource(2);
    const streamer = encodeURIComponent(source.row.identities[0] ?? '');
    const list = `/xrpc/place.stream.playback.getLivePlaylist?streamer=${streamer}&track=1`;
    const redirect = await playback.get(`${list}&_HLS_msn=10&_HLS_part=2`);
    const location = redirect.headers.get('location') ?? '';
    expect(location).toMatch(/&_HLS_msn=10&_HLS_part=2$/);
    const pending = ask(location);
    await roundTrips(source);
    expect(pending.isAnswered()).toBe(false);
    await appendBoth(source);
    const { text, headers } = await pending.answer;
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(text).toMatch(/#EXT-X-RENDITION-REPORT:URI="\/xrpc\/[^"]*track=2",LAST-MSN=10/);
    expect(text).not.toContain('_HLS_');
    const uri = [...text.matchAll(/EXT-X-PART:[^\n]*URI="([^"]+)"/g)].at(-1)?.[1] ?? '';
    expect(uri).toMatch(/part=2&sid=[^&]+&streamer=[^&]+&track=1&seg=10\.m4s$/);
    const bytes = Buffer.from(await (await playback.get(uri)).arrayBuffer());
    expect(bytes.equals(source.bytesOf('1/10.2'))).toBe(true);
  });

  it('without parts can still be waited for by segment, and updated by delta', async () => {
    const source = await liveSource(servers, 20, {}, { targetDurationSec: 2, segmentTargetMs: 2000 });
    const pending = ask(`${pathOf(source)}?_HLS_msn=20&_HLS_part=0&_HLS_skip=YES`);
    await roundTrips(source);
    expect(pending.isAnswered()).toBe(false);
    await source.close([VIDEO], 1);
    const { text } = await pending.answer;
    expect(text).toMatch(/#EXT-X-SKIP:SKIPPED-SEGMENTS=\d+/);
    expect(text).toMatch(/\n1\/20\.m4s\n$/);
    expect(text).not.toMatch(/EXT-X-PART|PRELOAD/);
  });
});
