import { encodeFile } from './support/encode-file.ts';
import { createInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import {
  fetchText,
  listedSegments,
  mediaPlaylistUrls,
  targetSec,
  untilPlayable,
  type Fetched,
  type ListedSegment,
} from './support/playlists.ts';

const maxAgeSec = (headers: Headers): number => Number(/max-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1]);

/** contracts/hls.md, "Transport and caching": how playlists, segments and errors travel. */
describe('hls.md, transport', () => {
  let origin: Origin;
  let live: Fetched;
  let media: Fetched;
  let segment: ListedSegment;

  beforeAll(async () => {
    origin = await startOrigin();
    const input = await createInput(origin);
    const pushed = await fetch(`${origin.ingest}/publish/${input.externalId}?sk=${input.streamKey}`, {
      method: 'POST',
      body: new Uint8Array(await encodeFile({ durationSec: 12, video: true })),
    });
    expect(pushed.status).toBe(200);
    live = await untilPlayable(`${origin.playback}/live/${input.externalId}/index.m3u8`, { segments: 5 });
    media = await fetchText(mediaPlaylistUrls(live)[0]!);
    [segment] = listedSegments(media) as [ListedSegment];
  }, 90_000);
  afterAll(() => origin?.stop(), 30_000);

  it('47: playlists are fresh for half a target duration, errors for one at most, segments and init for long', async () => {
    const target = targetSec(media);
    for (const url of [live.url, media.url]) {
      expect(maxAgeSec((await fetchText(url)).headers)).toBe(Math.max(1, Math.floor(target / 2)));
    }
    for (const url of [segment.url, segment.mapUrl]) {
      expect(maxAgeSec((await fetch(url)).headers)).toBeGreaterThanOrEqual(6 * target);
    }
    const missing = await fetchText(segment.url.replace(/\d+\.m4s/, '999999.m4s'));
    expect(missing.status).toBe(404);
    expect(maxAgeSec(missing.headers)).toBeLessThanOrEqual(target);
  });

  it('49: CORS on every status, and the headers that players read are exposed', async () => {
    const etag = (await fetch(segment.url)).headers.get('etag')!;
    const asked: Array<[number, string, RequestInit]> = [
      [200, live.url, {}],
      [206, segment.url, { headers: { range: 'bytes=0-9' } }],
      [304, segment.url, { headers: { 'if-none-match': etag } }],
      [400, `${live.url}?lhs_start_unix_s_0=x`, {}],
      [404, `${origin.playback}/live/lv_nobody0000000000/index.m3u8`, {}],
      [404, segment.url.replace(/\d+\.m4s/, '999999.m4s'), {}],
      [404, `${origin.playback}/no/such/path/at/all`, {}],
      [416, segment.url, { headers: { range: 'bytes=99999999-' } }],
    ];
    for (const [status, url, init] of asked) {
      const { headers, ...answer } = await fetchText(url, init);
      expect([url, answer.status]).toEqual([url, status]);
      expect(headers.get('access-control-allow-origin')).toBe('*');
      const exposed = (headers.get('access-control-expose-headers') ?? '').toLowerCase().split(/, */);
      expect(exposed).toEqual(expect.arrayContaining(['age', 'date', 'content-length', 'content-range', 'etag']));
    }
    const preflight = await fetch(segment.url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://player.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'range',
      },
    });
    expect([200, 204]).toContain(preflight.status);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('range');
  });

  it('50: query parameters are handed on to what is listed, delivery directives are not', async () => {
    const query = '?sid=abc&tok=a%2Bb%3D&_HLS_msn=1&_HLS_part=0';
    const multivariant = await fetchText(`${live.url}${query}`);
    const list = await fetchText(`${media.url}${query}`);
    const uris = [mediaPlaylistUrls(multivariant)[0]!, listedSegments(list)[0]!.url, listedSegments(list)[0]!.mapUrl];
    for (const uri of uris) {
      const handedOn = new URL(uri).searchParams;
      expect([handedOn.get('sid'), handedOn.get('tok')]).toEqual(['abc', 'a+b=']);
      expect([...handedOn.keys()].filter((key) => key.startsWith('_HLS_'))).toEqual([]);
      expect((await fetch(uri)).status).toBe(200);
    }
  });

  it('ingest.md, Pitfall 15: a Range on a playlist gets the whole playlist', async () => {
    const answer = await fetchText(media.url, { headers: { range: 'bytes=0-' } });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(media.text);
  });
});
