import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import HLS from 'hls-parser';
import { Parser } from 'm3u8-parser';
import { eventually } from '#shared/testing';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { fetchText, listedSegments, mediaPlaylistUrls, untilPlayable, type Fetched } from './support/playlists.ts';
import { tool } from './support/tool.ts';

const POLL_MS = 60_000;

interface Probe {
  readonly streams: Array<{ codec_name: string; width?: number; nb_read_packets?: string }>;
}

const probe = async (url: string, ...extra: string[]): Promise<Probe> => {
  const args = ['-v', 'error', '-show_streams', '-of', 'json', ...extra, url];
  const { stdout } = await promisify(execFile)(tool('FFPROBE'), args, { timeout: 40_000 });
  return JSON.parse(stdout) as Probe;
};

const acceptedByBothParsers = (playlist: Fetched): void => {
  HLS.setOptions({ strictMode: true });
  expect(() => HLS.parse(playlist.text)).not.toThrow();
  const parser = new Parser();
  const complaints: unknown[] = [];
  parser.on('warn', (complaint: unknown) => complaints.push(complaint));
  parser.push(playlist.text);
  parser.end();
  expect(complaints).toEqual([]);
};

/** What a player would call a server bug: numbers that go back, or a segment that changes. */
const follows = (before: Fetched | undefined, after: Fetched): void => {
  if (before === undefined) return;
  const earlier = new Map(listedSegments(before).map((segment) => [segment.mediaSequence, segment]));
  const [first] = listedSegments(after);
  expect(first!.mediaSequence).toBeGreaterThanOrEqual(Math.min(...earlier.keys()));
  expect(Math.max(...listedSegments(after).map((s) => s.mediaSequence))).toBeGreaterThanOrEqual(
    Math.max(...earlier.keys()),
  );
  for (const segment of listedSegments(after)) {
    const known = earlier.get(segment.mediaSequence);
    if (known !== undefined) expect({ ...segment, programDateTimeMs: 0 }).toEqual({ ...known, programDateTimeMs: 0 });
  }
  const target = (playlist: Fetched): string | undefined => /#EXT-X-TARGETDURATION:(\d+)/.exec(playlist.text)?.[1];
  expect(target(after)).toBe(target(before));
};

describe('a real encoder in, real players out', () => {
  let origin: Origin;
  let input: CreatedInput;
  let encoder: Encoder;
  let live: string;

  beforeAll(async () => {
    origin = await startOrigin();
    input = await createInput(origin);
    encoder = startEncoder({
      publishUrl: `${origin.ingest}/publish/${input.externalId}`,
      streamKey: input.streamKey,
      renditions: ['v360.cmfv', 'v180.cmfv'],
    });
    live = `${origin.playback}/live/${input.externalId}/index.m3u8`;
    await untilPlayable(live, { segments: 3, tracks: 3 });
  }, 90_000);

  afterAll(async () => {
    await encoder?.finish();
    await origin?.stop();
  }, 30_000);

  it('tells of both renditions and the audio in the multivariant playlist', async () => {
    const multivariant = await fetchText(live);
    expect(multivariant.text).toMatch(/RESOLUTION=640x360/);
    expect(multivariant.text).toMatch(/RESOLUTION=320x180/);
    expect(multivariant.text).toMatch(/CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2"/i);
    expect(multivariant.text).toMatch(/FRAME-RATE=25\.000/);
    expect(mediaPlaylistUrls(multivariant)).toHaveLength(3);
  });

  it('every playlist over 60 s of polling is accepted by hls-parser (strict) and m3u8-parser, and continues the one before', async () => {
    const previous = new Map<string, Fetched>();
    const until = Date.now() + POLL_MS;
    let polls = 0;
    await eventually(
      async () => {
        const multivariant = await fetchText(live);
        acceptedByBothParsers(multivariant);
        for (const url of mediaPlaylistUrls(multivariant)) {
          const playlist = await fetchText(url);
          expect(playlist.status).toBe(200);
          acceptedByBothParsers(playlist);
          follows(previous.get(url), playlist);
          previous.set(url, playlist);
        }
        polls += 1;
        return Date.now() >= until;
      },
      { withinMs: POLL_MS + 10_000, everyMs: 1000, what: '60 s of polling' },
    );
    expect(polls).toBeGreaterThan(20);
    for (const playlist of previous.values()) {
      const segments = listedSegments(playlist);
      const listedSec = segments.reduce((sum, segment) => sum + segment.durationSec, 0);
      expect(listedSec).toBeGreaterThanOrEqual(28);
      expect(segments.at(-1)!.mediaSequence).toBeGreaterThan(segments[0]!.mediaSequence + 10);
    }
  }, 90_000);

  it('ffprobe reads the live playlist', async () => {
    const { streams } = await probe(live);
    expect(streams.map(({ codec_name }) => codec_name).toSorted()).toEqual(['aac', 'h264', 'h264']);
    expect(
      streams
        .map(({ width }) => width)
        .filter((width) => width !== undefined)
        .toSorted((a, b) => a - b),
    ).toEqual([320, 640]);
  }, 90_000);

  it('ffprobe reads a shifted range, with every frame of it', async () => {
    const [first] = mediaPlaylistUrls(await fetchText(live));
    const segments = listedSegments(await fetchText(first!));
    const startMs = segments[0]!.programDateTimeMs;
    const shifted = `${origin.playback}/live/${input.externalId}.m3u8?lhs_start=1&lhs_start_unix_ms_0=${Math.ceil(startMs)}&lhs_vodend_unix_ms_0=${Math.ceil(startMs) + 10_000}`;
    const { streams } = await probe(shifted, '-count_packets');
    const video = streams.filter(({ codec_name }) => codec_name === 'h264');
    expect(video).toHaveLength(2);
    for (const stream of video) expect(Number(stream.nb_read_packets)).toBeGreaterThanOrEqual(250);
  }, 90_000);

  it('a player may rewind: a growing list from an earlier second is an EVENT that begins with the segment of that second', async () => {
    const [first] = mediaPlaylistUrls(await fetchText(live));
    const segment = listedSegments(await fetchText(first!))[2]!;
    const second = Math.ceil(segment.programDateTimeMs / 1000);
    const multivariant = await fetchText(
      `${origin.playback}/live/${input.externalId}.m3u8?lhs_start=1&lhs_start_unix_s_0=${second}`,
    );
    const [shiftedVideo] = mediaPlaylistUrls(multivariant);
    const playlist = await fetchText(shiftedVideo!);
    acceptedByBothParsers(playlist);
    expect(playlist.text).toContain('#EXT-X-PLAYLIST-TYPE:EVENT');
    expect(playlist.text).not.toContain('#EXT-X-ENDLIST');
    const [begins] = listedSegments(playlist);
    expect(begins!.programDateTimeMs).toBeLessThanOrEqual(second * 1000);
    expect(begins!.programDateTimeMs + begins!.durationSec * 1000).toBeGreaterThan(second * 1000);
  });

  it('the timeline query tells what can be rewound to', async () => {
    const nowSec = Math.floor(Date.now() / 1000);
    const query = `app=live&stream=${input.externalId}&format=ts&lhs_start_unix_s_0=${nowSec - 300}&lhs_end_unix_s_0=${nowSec + 300}`;
    const answer = JSON.parse((await fetchText(`${origin.playback}/openapi/timeline/query?${query}`)).text) as {
      retCode: number;
      content: { current: number; timeline: Array<{ start: number; end: number }> };
    };
    expect(answer.retCode).toBe(0);
    expect(Math.abs(answer.content.current - Date.now() / 1000)).toBeLessThan(2);
    expect(answer.content.timeline.length).toBeGreaterThan(20);
  });
});
