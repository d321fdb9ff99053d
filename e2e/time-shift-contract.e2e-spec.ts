import { eventually } from '#shared/testing';
import { sha256 } from './support/cmaf-walk.ts';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import {
  fetchText,
  listedSegments,
  mediaPlaylistUrls,
  untilPlayable,
  type Fetched,
  type ListedSegment,
} from './support/playlists.ts';

/** contracts/time-shift.md, end to end: one input, an encoder that went away for a few seconds and came back. */
describe('time-shift.md', () => {
  let origin: Origin;
  let input: CreatedInput;
  let encoder: Encoder;
  /** Live list of the video track after the gap: the truth that shifted lists are held against. */
  let live: ListedSegment[];
  let trackId: string;

  const shifted = (query: string): Promise<Fetched> =>
    fetchText(`${origin.playback}/live/${input.externalId}/${trackId}.m3u8?${query}`);
  const timeline = async (query: string): Promise<{ status: number; body: Record<string, never> }> => {
    const answer = await fetchText(`${origin.playback}/openapi/timeline/query?${query}`);
    return { status: answer.status, body: JSON.parse(answer.text) as Record<string, never> };
  };
  const human = (epochMs: number, zoneHours: number): string =>
    new Date(epochMs + zoneHours * 3_600_000).toISOString().replaceAll(/[-:T]|\.\d+Z/g, '');
  const push = (): Encoder =>
    startEncoder({
      publishUrl: `${origin.ingest}/publish/${input.externalId}`,
      streamKey: input.streamKey,
      audio: false,
    });

  beforeAll(async () => {
    origin = await startOrigin();
    input = await createInput(origin);
    const multivariantUrl = `${origin.playback}/live/${input.externalId}/index.m3u8`;
    encoder = push();
    const [media] = mediaPlaylistUrls(await untilPlayable(multivariantUrl, { segments: 4 }));
    trackId = /\/(\d+)\.m3u8/.exec(media!)![1]!;
    await encoder.kill9();
    encoder = push();
    live = await eventually(
      async () => {
        const segments = listedSegments(await fetchText(media!));
        const begun = segments.at(-1)?.discontinuitySequence !== segments[0]?.discontinuitySequence;
        return (
          begun &&
          segments.filter((s) => s.discontinuitySequence === segments.at(-1)!.discontinuitySequence).length >= 4 &&
          segments
        );
      },
      { withinMs: 40_000, everyMs: 200, what: 'segments on both sides of the gap' },
    );
  }, 120_000);
  afterAll(async () => {
    await encoder?.finish();
    await origin?.stop();
  }, 30_000);

  const startOf = (index: number): number => live[index]!.programDateTimeMs;

  it('D-01 unknown lhs keys are refused, unrelated keys are kept on child URLs', async () => {
    expect((await shifted('lhs_begin_unix_s_0=1')).status).toBe(400);
    const list = await shifted(`lhs_start_unix_ms_0=${startOf(1)}&lhs_vodend_unix_ms_0=${startOf(3)}&auth_key=abc`);
    expect(list.status).toBe(200);
    expect(listedSegments(list).every(({ url }) => new URL(url).searchParams.get('auth_key') === 'abc')).toBe(true);
  });

  it('D-02 the same instant in s, ms, us, ns and human in two zones gives the same list', async () => {
    const second = Math.ceil(startOf(1) / 1000);
    const end = `lhs_vodend_unix_s_0=${second + 4}`;
    const spellings = [
      `lhs_start_unix_s_0=${second}`,
      `lhs_start_unix_ms_0=${second}000`,
      `lhs_start_unix_us_0=${second}000000`,
      `lhs_start_unix_ns_0=${second}000000000`,
      `lhs_start_human_s_8=${human(second * 1000, 8)}`,
      `lhs_start_human_s_0=${human(second * 1000, 0)}`,
    ];
    const lists = await Promise.all(spellings.map((spelling) => shifted(`lhs_start=1&${spelling}&${end}`)));
    const urls = lists.map((list) => listedSegments(list).map(({ url }) => new URL(url).pathname));
    expect(urls[0]!.length).toBeGreaterThan(1);
    for (const other of urls) expect(other).toEqual(urls[0]);
  });

  it('D-03 an invalid calendar date is refused', async () => {
    expect((await shifted('lhs_start_human_s_0=20260230120000')).status).toBe(400);
    expect((await shifted('lhs_start_human_s_0=20260210240000')).status).toBe(400);
  });

  it('D-04 two starts, end with vodend, offset with start are refused', async () => {
    for (const query of [
      'lhs_start_unix_s_0=1&lhs_start_human_s_0=20260101000000',
      'lhs_start_unix_s_0=1&lhs_end_unix_s_0=2&lhs_vodend_unix_s_0=2',
      'lhs_offset_unix_s_0=10&lhs_start_unix_s_0=1',
      'lhs_start_unix_s_0=',
      'lhs_start_unix_s_0=-5',
    ]) {
      const answer = await shifted(query);
      expect([query, answer.status]).toEqual([query, 400]);
      expect(JSON.parse(answer.text)).toMatchObject({ error: expect.any(String), message: expect.any(String) });
    }
  });

  it('D-10 without a time parameter, and with lhs_start=1 or aliyunols=on alone, the list is live', async () => {
    for (const query of ['', 'lhs_start=1', 'aliyunols=on']) {
      const list = await shifted(query);
      expect(list.text).not.toMatch(/PLAYLIST-TYPE|ENDLIST/);
      expect(listedSegments(list).at(-1)!.mediaSequence).toBeGreaterThanOrEqual(live.at(-1)!.mediaSequence);
    }
  });

  it('D-11 start only: an EVENT from the segment that contains start, growing with live', async () => {
    const at = startOf(1) + 300;
    const list = await shifted(`lhs_start_unix_ms_0=${Math.round(at)}`);
    expect(list.text).toContain('#EXT-X-PLAYLIST-TYPE:EVENT');
    expect(list.text).not.toContain('#EXT-X-ENDLIST');
    const [first] = listedSegments(list);
    expect(first!.mediaSequence).toBe(live[1]!.mediaSequence);
    const count = listedSegments(list).length;
    const grown = await eventually(
      async () => {
        const later = await shifted(`lhs_start_unix_ms_0=${Math.round(at)}`);
        return listedSegments(later).length > count && later;
      },
      { what: 'the list grows' },
    );
    expect(listedSegments(grown).slice(0, count)).toEqual(listedSegments(list));
  });

  it('D-12 start and end: ENDLIST when end is past; none while it is in the future, gained when it passes', async () => {
    const past = await shifted(`lhs_start_unix_ms_0=${startOf(0)}&lhs_end_unix_ms_0=${Math.round(startOf(2))}`);
    expect(past.text).toContain('#EXT-X-ENDLIST');
    expect(listedSegments(past).map((s) => s.mediaSequence)).toEqual([live[0]!.mediaSequence, live[1]!.mediaSequence]);
    const end = Date.now() + 4000;
    const query = `lhs_start_unix_ms_0=${startOf(0)}&lhs_end_unix_ms_0=${end}`;
    expect((await shifted(query)).text).not.toContain('#EXT-X-ENDLIST');
    const ended = await eventually(
      async () => {
        const list = await shifted(query);
        return list.text.includes('#EXT-X-ENDLIST') && list;
      },
      { withinMs: 20_000, what: 'ENDLIST after the end has passed' },
    );
    expect(listedSegments(ended).at(-1)!.programDateTimeMs).toBeLessThan(end);
  }, 30_000);

  it('D-13 start and vodend: a VOD list, the same bytes on each request', async () => {
    const query = `lhs_start_unix_ms_0=${startOf(0)}&lhs_vodend_unix_ms_0=${Math.round(startOf(3))}`;
    const [one, two] = [await shifted(query), await shifted(query)];
    expect(one.text).toContain('#EXT-X-PLAYLIST-TYPE:VOD');
    expect(one.text).toContain('#EXT-X-ENDLIST');
    expect(two.text).toBe(one.text);
    expect(two.headers.get('etag')).toBe(one.headers.get('etag'));
  });

  it('D-14 offset: live delayed by so much, sliding, without ENDLIST; 0 is live', async () => {
    const list = await shifted('lhs_offset_unix_s_0=10');
    expect(list.text).not.toMatch(/PLAYLIST-TYPE|ENDLIST/);
    const last = listedSegments(list).at(-1)!;
    expect(Date.now() - last.programDateTimeMs).toBeGreaterThan(9000);
    expect(Date.now() - last.programDateTimeMs).toBeLessThan(20_000);
    const now = listedSegments(await shifted('lhs_offset_unix_s_0=0')).at(-1)!;
    expect(now.mediaSequence).toBeGreaterThan(last.mediaSequence);
    expect((await shifted('lhs_offset_unix_s_0=10&lhs_end_unix_s_0=1')).status).toBe(400);
  });

  it('D-15 and D-17 every overlapping segment is whole, under the media and discontinuity sequence it has live', async () => {
    const list = await shifted(
      `lhs_start_unix_ms_0=${startOf(0) + 100}&lhs_vodend_unix_ms_0=${Math.round(startOf(2)) + 100}`,
    );
    const numbers = (segments: ListedSegment[]) =>
      segments.map(({ mediaSequence, discontinuitySequence, programDateTimeMs, durationSec }) => ({
        mediaSequence,
        discontinuitySequence,
        programDateTimeMs,
        durationSec,
      }));
    expect(numbers(listedSegments(list))).toEqual(numbers(live.slice(0, 3)));
    const bytes = async (url: string): Promise<string> => sha256(Buffer.from(await (await fetch(url)).arrayBuffer()));
    expect(await bytes(listedSegments(list)[1]!.url)).toBe(await bytes(live[1]!.url));
  });

  it('D-16 an encoder that was away is a DISCONTINUITY with a fresh PROGRAM-DATE-TIME, not GAP segments', async () => {
    const list = await shifted(
      `lhs_start_unix_ms_0=${startOf(0)}&lhs_vodend_unix_ms_0=${Math.round(live.at(-1)!.programDateTimeMs)}`,
    );
    expect(list.text).toMatch(/#EXT-X-DISCONTINUITY\n(#EXT-X-[^\n]*\n)*#EXT-X-PROGRAM-DATE-TIME/);
    expect(list.text).not.toContain('#EXT-X-GAP');
  });

  it('D-19 parameters reach each rendition of the multivariant playlist', async () => {
    const query = `lhs_start=1&lhs_start_unix_ms_0=${Math.round(startOf(1))}`;
    const multivariant = await fetchText(`${origin.playback}/live/${input.externalId}.m3u8?${query}`);
    const [media] = mediaPlaylistUrls(multivariant);
    expect(listedSegments(await fetchText(media!))[0]!.mediaSequence).toBe(live[1]!.mediaSequence);
  });

  it('D-20 what cannot be answered is 400 or 404, never an empty list, and CORS is on it', async () => {
    const now = Math.floor(Date.now() / 1000);
    const cases: Array<readonly [string, number]> = [
      [`lhs_start_unix_s_0=${now}&lhs_vodend_unix_s_0=${now - 10}`, 400],
      [`lhs_start_unix_s_0=${now - 90_000}&lhs_vodend_unix_s_0=${now}`, 400],
      [`lhs_start_unix_s_0=${now - 8000}&lhs_vodend_unix_s_0=${now - 7000}`, 404],
      [`lhs_start_unix_s_0=${now + 3600}`, 404],
    ];
    for (const [query, status] of cases) {
      const answer = await shifted(query);
      expect([query, answer.status]).toEqual([query, status]);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    }
    expect(
      (await fetchText(`${origin.playback}/live/lv_nobody0000000000.m3u8?lhs_start_unix_s_0=${now - 5}`)).status,
    ).toBe(404);
  });

  it('D-30 the timeline lists ascending, integer periods and the clock; D-35 each start begins its own list', async () => {
    const now = Math.floor(Date.now() / 1000);
    const { status, body } = await timeline(
      `app=live&stream=${input.externalId}&format=ts&lhs_start_unix_s_0=${now - 300}&lhs_end_unix_s_0=${now + 300}`,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ retCode: 0, description: 'success' });
    const { current, timeline: periods } = (
      body as unknown as { content: { current: number; timeline: Array<{ start: number; end: number }> } }
    ).content;
    expect(Math.abs(current - now)).toBeLessThanOrEqual(2);
    expect(periods.length).toBeGreaterThanOrEqual(live.length - 1);
    for (const [index, { start, end }] of periods.entries()) {
      expect(Number.isInteger(start) && Number.isInteger(end) && start < end).toBe(true);
      if (index > 0) expect(start).toBeGreaterThanOrEqual(periods[index - 1]!.end);
    }
    const { start } = periods[1]!;
    const [first] = listedSegments(await shifted(`lhs_start_unix_s_0=${start}`));
    expect(first!.programDateTimeMs).toBeLessThanOrEqual(start * 1000);
    expect(first!.programDateTimeMs + first!.durationSec * 1000).toBeGreaterThan(start * 1000);
  });

  it('D-31 nothing in the range is an empty timeline', async () => {
    const { body } = await timeline(
      `app=live&stream=${input.externalId}&format=ts&lhs_start_unix_s_0=1000&lhs_end_unix_s_0=2000`,
    );
    expect(body).toMatchObject({ retCode: 0, content: { timeline: [] } });
  });

  it.each([
    ['app=live&format=ts&lhs_start_unix_s_0=1&lhs_end_unix_s_0=2', 1001],
    ['app=live&stream=x&format=ts&lhs_start_unix_s_0=now&lhs_end_unix_s_0=2', 1002],
    ['app=live&stream=x&format=avi&lhs_start_unix_s_0=1&lhs_end_unix_s_0=2', 1002],
    ['app=live&stream=nobody&format=ts&lhs_start_unix_s_0=1&lhs_end_unix_s_0=2', 1004],
  ])('D-32 and D-33 %s is answered 200 with retCode %i', async (query, retCode) => {
    const { status, body } = await timeline(query);
    expect(status).toBe(200);
    expect(body).toMatchObject({ retCode, description: expect.stringMatching(/./) });
  });
});
