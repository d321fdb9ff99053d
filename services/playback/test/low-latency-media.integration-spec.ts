import { get as httpGet } from 'node:http';
import { eventually } from '#shared/testing';
import { countingCaptions } from '../../../libs/cmaf/testing/wvtt.ts';
import { mediaFacts } from './support/oracles.ts';
import { AUDIO, liveSource, VIDEO, type LiveSource } from './support/live-source.ts';
import { startPlaybackUnderTest, type PlaybackUnderTest } from './support/playback-under-test.ts';
import { connectServers, INITS, type Servers } from './support/servers.ts';

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

/** Segments 0 to 4, and `parts` parts of segment 5. */
async function sourceWithOpen(parts: number): Promise<LiveSource> {
  const source = await liveSource(servers, 5);
  for (let i = 0; i < parts; i += 1) await source.appendPart(VIDEO);
  const isThere = (text: string): boolean => text.includes(parts === 0 ? '1/4.m4s' : `1/5.${parts - 1}.m4s`);
  await playback.textOnce(`/live/${source.row.id}/1.m3u8`, isThere);
  return source;
}

const bytesAt = async (path: string): Promise<Buffer> => Buffer.from(await (await playback.get(path)).arrayBuffer());

describe('a part', () => {
  it('is its bytes, which together are those of the segment, immutable for six target durations', async () => {
    const source = await sourceWithOpen(4);
    await source.closeOpen(VIDEO);
    const root = `/live/${source.row.id}/1/`;
    await playback.textOnce(`/live/${source.row.id}/1.m3u8`, (text) => text.includes('1/5.m4s'));
    const pieces = await Promise.all([0, 1, 2, 3].map((part) => bytesAt(`${root}5.${part}.m4s`)));
    expect(Buffer.concat(pieces).equals(await bytesAt(`${root}5.m4s`))).toBe(true);
    const response = await playback.get(`${root}5.1.m4s`, { headers: { range: 'bytes=10-9007199254740991' } });
    expect(response.status).toBe(206);
    expect(Buffer.from(await response.arrayBuffer()).equals(source.bytesOf('1/5.1').subarray(10))).toBe(true);
    expect(response.headers.get('cache-control')).toBe('public, max-age=12, immutable');
    expect(response.headers.get('etag')).toBe(`"${source.window(VIDEO).segments[5]?.parts[1]?.sha256}"`);
  });

  it('and the segment around it are read from Redis once', async () => {
    const source = await sourceWithOpen(4);
    const root = `/live/${source.row.id}/1/`;
    for (const part of [0, 1, 2, 3]) await bytesAt(`${root}5.${part}.m4s`);
    await source.closeOpen(VIDEO);
    await servers.redis.del(`hw:{${source.row.id}}:p:1:5:0`);
    expect((await bytesAt(`${root}5.m4s`)).equals(source.bytesOf('1/5'))).toBe(true);
    const range = await playback.get(`${root}5.m4s`, { headers: { range: 'bytes=990-2010' } });
    expect(Buffer.from(await range.arrayBuffer()).equals(source.bytesOf('1/5').subarray(990, 2011))).toBe(true);
  });

  it('that is hinted is held until it is there, and comes whole', async () => {
    const source = await sourceWithOpen(2);
    let answered = false;
    const held = playback.get(`/live/${source.row.id}/1/5.2.m4s`).finally(() => (answered = true));
    await bytesAt(`/live/${source.row.id}/1/5.1.m4s`);
    expect(answered).toBe(false);
    await source.appendPart(VIDEO);
    const response = await held;
    expect(response.headers.get('content-length')).toBe(String(source.bytesOf('1/5.2').length));
    expect(Buffer.from(await response.arrayBuffer()).equals(source.bytesOf('1/5.2'))).toBe(true);
  });

  it('that is hinted is held over the end of its segment', async () => {
    const source = await sourceWithOpen(4);
    const held = bytesAt(`/live/${source.row.id}/1/6.0.m4s`);
    await source.closeOpen(VIDEO);
    await source.appendPart(VIDEO);
    expect((await held).equals(source.bytesOf('1/6.0'))).toBe(true);
  });

  it('that was hinted and dropped is 404 as soon as that is known', async () => {
    const source = await sourceWithOpen(2);
    const held = playback.get(`/live/${source.row.id}/1/5.2.m4s`);
    await source.closeOpen(VIDEO);
    expect((await held).status).toBe(404);
  });

  it.each(['5.4', '6.2', '45.0', '4.1'])(
    '%s, neither there nor hinted here or by a node that is ahead, is 404 after a moment',
    async (name) => {
      const source = await sourceWithOpen(2);
      const response = await playback.get(`/live/${source.row.id}/1/${name}.m4s`);
      expect({ status: response.status, body: await response.json() }).toEqual({
        status: 404,
        body: { error: 'SegmentNotFound', message: expect.any(String) },
      });
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
    },
  );

  it('whose fact came before its bytes is waited for', async () => {
    const source = await sourceWithOpen(2);
    const written = source.appendPart(VIDEO, { bytesLateMs: 60 });
    await playback.textOnce(`/live/${source.row.id}/1.m3u8`, (text) => text.includes('1/5.2.m4s'));
    const bytes = await bytesAt(`/live/${source.row.id}/1/5.2.m4s`);
    await written;
    expect(bytes.equals(source.bytesOf('1/5.2'))).toBe(true);
  });
});

describe('the segment in production', () => {
  it('is sent part by part as they come, and is the segment in the end', async () => {
    const source = await sourceWithOpen(1);
    const pieces: Buffer[] = [];
    const ended = streamed(`${playback.url}/live/${source.row.id}/1/5.m4s`, pieces);
    const received = (): Buffer => Buffer.concat(pieces);
    for (let part = 1; part < 4; part += 1) {
      const before = Buffer.concat([...Array(part).keys()].map((index) => source.bytesOf(`1/5.${index}`)));
      await eventually(() => received().equals(before));
      await source.appendPart(VIDEO);
    }
    await source.closeOpen(VIDEO);
    expect(await ended).toBe('whole');
    expect(received().equals(source.bytesOf('1/5'))).toBe(true);
  });

  it('is held until its first part is there', async () => {
    const source = await sourceWithOpen(0);
    const pieces: Buffer[] = [];
    const ended = streamed(`${playback.url}/live/${source.row.id}/1/5.m4s`, pieces);
    await source.appendPart(VIDEO);
    await eventually(() => Buffer.concat(pieces).equals(source.bytesOf('1/5.0')));
    await source.closeOpen(VIDEO);
    expect(await ended).toBe('whole');
  });

  it('is cut, not ended, when the rest does not come', async () => {
    const source = await sourceWithOpen(1);
    expect(await streamed(`${playback.url}/live/${source.row.id}/1/5.m4s`, [])).toBe('cut');
  }, 20_000);
});

describe('other lists', () => {
  it('a gap keeps its number in the list, and its segment is 404', async () => {
    const source = await sourceWithOpen(0);
    await source.closeGap(VIDEO);
    await source.close([VIDEO], 1);
    const path = `/live/${source.row.id}/1.m3u8`;
    const text = await playback.textOnce(path, (list) => list.includes('1/6.m4s'));
    expect(text).toMatch(/#EXT-X-GAP\n[^\n]*\n1\/5\.m4s/);
    expect(mediaFacts(text)).toMatchObject({ mediaSequence: 0, uris: expect.arrayContaining(['1/5.m4s', '1/6.m4s']) });
    expect((await playback.get(`/live/${source.row.id}/1/5.m4s`)).status).toBe(404);
  });

  it('markers of one track are in the lists of all', async () => {
    const source = await sourceWithOpen(1);
    const startEpochMs = source.window(AUDIO).segments[4]?.startEpochMs ?? 0;
    const markers = [{ id: 'ad-1', schemeIdUri: 'urn:example', value: '1', startEpochMs, durationMs: 2000 }];
    await source.appendPart(AUDIO, { markers });
    for (const trackId of [VIDEO, AUDIO]) {
      const text = await playback.textOnce(`/live/${source.row.id}/${trackId}.m3u8`, (list) => list.includes('ad-1'));
      expect(text.match(/#EXT-X-DATERANGE:ID="ad-1"[^\n]*DURATION=2/g)).toHaveLength(1);
    }
  });

  it('the map of a new epoch is there as soon as its first part lists it', async () => {
    const source = await sourceWithOpen(0);
    const root = `/live/${source.row.id}/`;
    expect((await playback.get(`${root}1/init-0123456789abcdef.mp4`)).status).toBe(404);
    await source.beginEpoch(VIDEO, INITS.otherVideo);
    await source.appendPart(VIDEO);
    const text = await playback.textOnce(`${root}1.m3u8`, (list) => list.includes('1/5.0.m4s'));
    expect(text.match(/#EXT-X-DISCONTINUITY\n/g)).toHaveLength(1);
    const map = [...text.matchAll(/#EXT-X-MAP:URI="([^"]+)"/g)].at(-1)?.[1];
    expect((await bytesAt(root + map)).equals(INITS.otherVideo)).toBe(true);
  });
});

describe('a WebVTT track', () => {
  const TEXT = 3;
  const captions = countingCaptions({ startSecond: 0, count: 8 });

  async function captionedSource(): Promise<LiveSource> {
    const source = await sourceWithOpen(1);
    await source.addTrack(TEXT, Buffer.from(captions.init));
    for (let second = 0; second < 6; second += 1) {
      await source.appendPart(TEXT, { bytes: Buffer.from(captions.chunks[second] ?? []), durationMs: 1000 });
      if (second % 2 === 1) await source.closeOpen(TEXT);
    }
    return source;
  }

  it('is a group of subtitles, a list of whole files, and files of its cues', async () => {
    const source = await captionedSource();
    const root = `/live/${source.row.id}/`;
    const multivariant = await playback.textOnce(`${root}index.m3u8`, (text) => text.includes('SUBTITLES'));
    expect(multivariant).toMatch(/#EXT-X-MEDIA:TYPE=SUBTITLES,[^\n]*LANGUAGE="en"[^\n]*URI="3\.m3u8"/);
    expect(multivariant).toMatch(/#EXT-X-STREAM-INF:[^\n]*CODECS="[^"]*wvtt/);
    const list = await playback.textOnce(`${root}3.m3u8`, (text) => text.includes('3/2.vtt'));
    expect(list).toContain('#EXT-X-RENDITION-REPORT:URI="1.m3u8",LAST-MSN=5,LAST-PART=0');
    expect(list).not.toMatch(/EXT-X-MAP|EXT-X-PART:|PART-INF|PRELOAD-HINT/);
    expect(mediaFacts(list).uris).toEqual(['3/0.vtt', '3/1.vtt', '3/2.vtt']);
    const response = await playback.get(`${root}3/1.vtt`);
    expect(response.headers.get('content-type')).toBe('text/vtt; charset=utf-8');
    const text = await response.text();
    expect(text).toMatch(/^WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:180000,LOCAL:00:00:00\.000\n/);
    expect(text).toContain('00:00:00.000 --> 00:00:00.800\nsecond 2\n');
    expect(text).toContain('second 3');
  });

  it('holds a file until its segment is whole; no other track has files', async () => {
    const source = await captionedSource();
    await source.appendPart(TEXT, { bytes: Buffer.from(captions.chunks[6] ?? []), durationMs: 1000 });
    const held = playback.get(`/live/${source.row.id}/3/3.vtt`);
    await source.closeOpen(TEXT);
    expect(await (await held).text()).toContain('second 6');
    expect((await playback.get(`/live/${source.row.id}/1/3.vtt`)).status).toBe(404);
  });
});

/** Collects a body as it comes; tells whether it ended in order. */
function streamed(url: string, pieces: Buffer[]): Promise<'whole' | 'cut'> {
  return new Promise((resolve, reject) => {
    httpGet(url, (response) => {
      if (response.statusCode !== 200) reject(new Error(`expected 200, got ${response.statusCode}`));
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('end', () => resolve('whole'));
      response.on('error', () => resolve('cut'));
    }).on('error', reject);
  });
}
