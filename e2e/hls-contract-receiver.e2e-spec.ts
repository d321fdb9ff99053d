import { gzipSync } from 'node:zlib';
import { eventually } from '#shared/testing';
import { chunksOf, initOf, sha256, shifted } from './support/cmaf-walk.ts';
import { runFfmpeg } from './support/encoder.ts';
import { encodeFile, type EncodeOptions } from './support/encode-file.ts';
import { emsg, prft, styp } from './support/made-boxes.ts';
import { codecOf, expectEmptyInit } from './support/init-segments.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { cutPush } from './support/push.ts';
import {
  bytesOf,
  durationSec,
  fetchText,
  listedSegments,
  mediaPlaylistUrls,
  untilPlayable,
  type Fetched,
  type ListedSegment,
} from './support/playlists.ts';

const VIDEO: EncodeOptions = { durationSec: 12, video: true };
const TESTSRC = [
  '-hide_banner',
  '-nostdin',
  '-loglevel',
  'warning',
  '-re',
  '-f',
  'lavfi',
  '-i',
  'testsrc2=s=160x90:r=25',
];
const SINE = ['-re', '-f', 'lavfi', '-i', 'sine=sample_rate=48000'];
const CODECS =
  '-c:v libx264 -preset ultrafast -bf 0 -g 25 -keyint_min 25 -sc_threshold 0 -pix_fmt yuv420p -c:a aac'.split(' ');

/** contracts/hls.md, last section: what a receiver of DASH-IF live media ingest owes to a source. */
describe('hls.md, CMAF ingest', () => {
  let origin: Origin;
  let video: Buffer;
  let init: Buffer;
  let chunks: Buffer[];

  const put = async (
    input: CreatedInput,
    path: string,
    body: Uint8Array,
    { method = 'PUT', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<number> => {
    const response = await fetch(`${origin.ingest}/publish/${input.externalId}${path}`, {
      method,
      headers: { authorization: `Bearer ${input.streamKey}`, ...headers },
      body: new Uint8Array(body),
    });
    await response.arrayBuffer();
    return response.status;
  };
  const liveUrl = (input: CreatedInput): string => `${origin.playback}/live/${input.externalId}/index.m3u8`;
  const untilListed = (input: CreatedInput, seconds: number): Promise<ListedSegment[]> =>
    eventually(
      async () => {
        const [media] = mediaPlaylistUrls(await fetchText(liveUrl(input)));
        const segments = media === undefined ? [] : listedSegments(await fetchText(media));
        return durationSec(segments) >= seconds && segments;
      },
      { withinMs: 20_000, everyMs: 100, what: `${seconds} s listed` },
    );
  const chunkHashesOf = async (segments: readonly ListedSegment[]): Promise<string[]> =>
    (await Promise.all(segments.map(({ url }) => bytesOf(url)))).flatMap(chunksOf).map(sha256);
  /** The chunks of seconds `from` to `to`, two for each second. */
  const between = (from: number, to: number): Buffer => Buffer.concat(chunks.slice(from * 2, to * 2));

  beforeAll(async () => {
    origin = await startOrigin({ HTTP_HOST: '::' });
    video = await encodeFile(VIDEO);
    init = initOf(video);
    chunks = chunksOf(video);
    expect(chunks.length).toBeGreaterThanOrEqual(24);
  }, 90_000);
  afterAll(() => origin?.stop(), 30_000);

  it.each(['PUT', 'POST'])('R1: %s is taken alike', async (method) => {
    const input = await createInput(origin);
    expect(await put(input, '/Streams(v.cmfv)', video, { method })).toBe(200);
    const hashes = await chunkHashesOf(await untilListed(input, 10));
    expect(hashes).toEqual(chunks.map(sha256).slice(0, hashes.length));
  });

  it('R2 and R3: an empty probe, the init segment alone, then a request for each segment, on a path for each track', async () => {
    const input = await createInput(origin);
    const audio = await encodeFile({ durationSec: 12, audio: 'aac' });
    const audioChunks = chunksOf(audio);
    for (const path of ['/v/init.mp4', '/v/1.m4s', '/a/init.mp4'])
      expect(await put(input, path, Buffer.alloc(0))).toBe(200);
    expect(await put(input, '/v/init.mp4', init)).toBe(200);
    expect(await put(input, '/a/init.mp4', initOf(audio))).toBe(200);
    for (let second = 0; second < 12; second += 2) {
      expect(await put(input, `/v/${second}.m4s`, between(second, second + 2))).toBe(200);
      expect(await put(input, `/a/${second}.m4s`, Buffer.concat(audioChunks.slice(second * 2, second * 2 + 4)))).toBe(
        200,
      );
    }
    const multivariant = await untilPlayable(liveUrl(input), { segments: 3, tracks: 2 });
    expect(multivariant.text).toMatch(/CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2"/i);
    expect(mediaPlaylistUrls(multivariant)).toHaveLength(2);
    expect((await fetchText(mediaPlaylistUrls(multivariant)[0]!)).text).not.toContain('#EXT-X-DISCONTINUITY\n');
  });

  it('R3: manifests and playlists are accepted and ignored', async () => {
    const input = await createInput(origin);
    expect(await put(input, '/manifest.mpd', Buffer.from('<?xml version="1.0"?><MPD/>'))).toBe(200);
    expect(await put(input, '/master.m3u8', Buffer.from('#EXTM3U\n'))).toBe(200);
    expect(await put(input, '/Streams(v.cmfv)', video)).toBe(200);
    expect(
      await put(input, '/manifest.mpd', Buffer.from('<MPD/>'), { headers: { 'content-type': 'application/dash+xml' } }),
    ).toBe(200);
    expect((await untilListed(input, 10)).length).toBeGreaterThan(0);
    expect(mediaPlaylistUrls(await fetchText(liveUrl(input)))).toHaveLength(1);
  });

  it.each<[number, string, (input: CreatedInput) => Promise<number>]>([
    [
      403,
      'a wrong key',
      (input) => put({ ...input, streamKey: `sk_live_${'x'.repeat(40)}` }, '/Streams(v.cmfv)', init),
    ],
    [403, 'no key', (input) => put(input, '/Streams(v.cmfv)', init, { headers: { authorization: '' } })],
    [
      404,
      'an absent publishing point',
      (input) => put({ ...input, externalId: 'lv_absent000000000000' }, '/x.mp4', init),
    ],
    [415, 'media that is no CMAF', (input) => put(input, '/Streams(v.ts)', Buffer.alloc(1880, 0x47))],
    [412, 'a missing init segment', (input) => put(input, '/Streams(v.cmfv)', between(0, 2))],
    [412, 'an init segment without a track', (input) => put(input, '/Streams(v.cmfv)', withoutTracks(init))],
    [400, 'a box that is cut off', (input) => put(input, '/Streams(v.cmfv)', video.subarray(0, video.length - 100))],
  ])('R4: %i is the answer to %s', async (status, _what, attempt) => {
    expect(await attempt(await createInput(origin))).toBe(status);
  });

  it('R5: a segment sent again is accepted and listed once', async () => {
    const input = await createInput(origin);
    expect(await put(input, '/v/init.mp4', init)).toBe(200);
    for (const second of [0, 2, 2, 4, 0, 2, 6, 8, 8, 10]) {
      expect(await put(input, `/v/${second}.m4s`, between(second, second + 2))).toBe(200);
    }
    const segments = await untilListed(input, 10);
    const hashes = await chunkHashesOf(segments);
    expect(hashes).toEqual(chunks.map(sha256).slice(0, hashes.length));
    expect(segments.at(-1)!.discontinuitySequence).toBe(0);
  });

  it('R6: the same init segment sent again is only a reconnect, another one is a discontinuity', async () => {
    const input = await createInput(origin);
    const other = await encodeFile({ ...VIDEO, size: '192x108' });
    expect(await put(input, '/Streams(v.cmfv)', Buffer.concat([init, between(0, 4)]))).toBe(200);
    expect(await put(input, '/Streams(v.cmfv)', Buffer.concat([init, between(4, 8)]))).toBe(200);
    const same = await untilListed(input, 6);
    expect(new Set(same.map(({ mapUrl }) => mapUrl)).size).toBe(1);
    const rest = Buffer.concat([initOf(other), ...chunksOf(other).slice(16)]);
    expect(await put(input, '/Streams(v.cmfv)', rest)).toBe(200);
    const segments = await untilListed(input, 10);
    expect([...new Set(segments.map(({ discontinuitySequence }) => discontinuitySequence))]).toEqual([0, 1]);
    const maps = [...new Set(segments.map(({ mapUrl }) => mapUrl))];
    expect(await Promise.all(maps.map(bytesOf))).toEqual([init, initOf(other)]);
    expect(segments.map(({ mediaSequence }) => mediaSequence)).toEqual(segments.map((_, index) => index));
  });

  it('R8: a source that lost its connection goes on at the same URL without a discontinuity, a restarted one with one', async () => {
    const input = await createInput(origin);
    await cutPush(
      `${origin.ingest}/publish/${input.externalId}/Streams(v.cmfv)?sk=${input.streamKey}`,
      Buffer.concat([init, between(0, 4), chunks[8]!.subarray(0, 200)]),
    );
    expect(await put(input, '/Streams(v.cmfv)', Buffer.concat([init, between(2, 6)]))).toBe(200);
    const hashes = await chunkHashesOf(await untilListed(input, 4));
    expect(hashes).toEqual(chunks.map(sha256).slice(0, hashes.length));
    const restarted = chunks.slice(0, 12).map((chunk) => shifted(chunk, 7n));
    expect(await put(input, '/Streams(v.cmfv)', Buffer.concat([init, ...restarted]))).toBe(200);
    const segments = await untilListed(input, 10);
    expect([...new Set(segments.map(({ discontinuitySequence }) => discontinuitySequence))]).toEqual([0, 1]);
  });

  it('R9: after a segment marked lmsg nothing is waited for', async () => {
    const input = await createInput(origin);
    const last = Buffer.concat([styp('lmsg'), between(4, 6)]);
    expect(await put(input, '/v/init.mp4', init)).toBe(200);
    expect(await put(input, '/v/1.m4s', between(0, 4))).toBe(200);
    expect(await put(input, '/v/2.m4s', last)).toBe(200);
    const segments = await untilListed(input, 6);
    // Only an end closes a segment that no keyframe follows before the origin gives up waiting.
    expect(durationSec(segments)).toBeCloseTo(6, 2);
    expect(sha256(Buffer.concat(await Promise.all(segments.map(({ url }) => bytesOf(url)))))).toBe(
      sha256(Buffer.concat([between(0, 4), last])),
    );
  });

  it.each<[string, (input: CreatedInput) => { path: string; headers: Record<string, string> }]>([
    ['a Bearer', ({ streamKey }) => ({ path: '/Streams(v.cmfv)', headers: { authorization: `Bearer ${streamKey}` } })],
    ['Basic', ({ streamKey }) => ({ path: '/Streams(v.cmfv)', headers: { authorization: basic(streamKey) } })],
    ['the query', ({ streamKey }) => ({ path: `/Streams(v.cmfv)?sk=${streamKey}`, headers: { authorization: '' } })],
    ['the path', ({ streamKey }) => ({ path: `/${streamKey}/v/init.mp4`, headers: { authorization: '' } })],
  ])('R10: the key is taken from %s', async (_where, keyed) => {
    const input = await createInput(origin);
    const { path, headers } = keyed(input);
    expect(await put(input, path, init, { headers })).toBe(200);
  });

  it('R12: prft and emsg pass verbatim', async () => {
    const input = await createInput(origin);
    const marked = chunks.map((chunk, index) =>
      index % 4 === 0 ? Buffer.concat([prft(), emsg(index), chunk]) : chunk,
    );
    expect(await put(input, '/Streams(v.cmfv)', Buffer.concat([init, ...marked]))).toBe(200);
    const hashes = await chunkHashesOf(await untilListed(input, 10));
    expect(hashes).toEqual(marked.map(sha256).slice(0, hashes.length));
  });

  it('R13: IPv6 and IPv4 are listened on', async () => {
    const { port } = new URL(origin.ingest);
    for (const host of ['[::1]', '127.0.0.1']) {
      // Another address is another publisher, and the first one has just sent something.
      const input = await createInput(origin);
      const answer = await fetch(`http://${host}:${port}/publish/${input.externalId}/Streams(v.cmfv)`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${input.streamKey}` },
        body: new Uint8Array(init),
      });
      expect(answer.status).toBe(200);
    }
  });

  it('R11: a gzip body is the media in it', async () => {
    const input = await createInput(origin);
    const headers = { 'content-encoding': 'gzip' };
    expect(await put(input, '/Streams(v.cmfv)', gzipSync(video), { headers })).toBe(200);
    const hashes = await chunkHashesOf(await untilListed(input, 10));
    expect(hashes).toEqual(chunks.map(sha256).slice(0, hashes.length));
  });

  const real: Array<[string, (publish: string, key: string) => string[]]> = [
    [
      'ffmpeg -f dash -method PUT -streaming 1 -ldash 1 with the key in the path',
      (publish, key) => [
        ...'-f dash -method PUT -streaming 1 -ldash 1 -seg_duration 2 -frag_duration 0.5 -frag_type duration -use_template 1'.split(
          ' ',
        ),
        ...'-use_timeline 0 -window_size 5 -utc_timing_url http://localhost/'.split(' '),
        ...['-adaptation_sets', 'id=0,streams=v id=1,streams=a', `${publish}/${key}/manifest.mpd`],
      ],
    ],
    [
      'ffmpeg -f hls -method PUT with fMP4 segments',
      (publish, key) => [
        ...'-f hls -method PUT -hls_segment_type fmp4 -hls_time 2 -hls_list_size 5 -master_pl_name master.m3u8'.split(
          ' ',
        ),
        ...['-var_stream_map', 'v:0,agroup:a a:0,agroup:a', '-hls_fmp4_init_filename', 'init_%v.mp4'],
        ...['-hls_segment_filename', `${publish}/${key}/seg_%v_%d.m4s`, `${publish}/${key}/out_%v.m3u8`],
      ],
    ],
    [
      'one multiplexed stream',
      (publish, key) => [
        ...'-f mp4 -movflags frag_keyframe+empty_moov+default_base_moof -frag_duration 500000 -method POST'.split(' '),
        ...['-content_type', 'video/mp4', `${publish}?sk=${key}`],
      ],
    ],
  ];
  it.each(real)(
    '%s plays: two tracks, empty init segments, no discontinuity',
    async (_name, output) => {
      const input = await createInput(origin);
      const publish = `${origin.ingest}/publish/${input.externalId}`;
      const encoder = runFfmpeg([
        ...TESTSRC,
        ...SINE,
        '-map',
        '0:v',
        '-map',
        '1:a',
        ...CODECS,
        ...output(publish, input.streamKey),
      ]);
      try {
        const multivariant: Fetched = await untilPlayable(liveUrl(input), { segments: 3, tracks: 2 });
        const lists = await Promise.all(mediaPlaylistUrls(multivariant).map((url) => fetchText(url)));
        expect(lists).toHaveLength(2);
        const inits = await Promise.all(lists.map((list) => bytesOf(listedSegments(list)[0]!.mapUrl)));
        inits.forEach(expectEmptyInit);
        expect(multivariant.text).toContain(`CODECS="${inits.map(codecOf).join(',')}"`);
        for (const list of lists) expect(list.text).not.toContain('#EXT-X-DISCONTINUITY\n');
      } finally {
        await encoder.finish();
      }
      expect((await encoder.exited).stderr).not.toMatch(/HTTP error|Server returned|Broken pipe/);
    },
    40_000,
  );
});

const basic = (key: string): string => `Basic ${Buffer.from(`live:${key}`).toString('base64')}`;

/** The same `moov` with its tracks renamed to boxes that nobody reads. */
const withoutTracks = (init: Buffer): Buffer =>
  Buffer.from(init.toString('latin1').replaceAll('trak', 'free'), 'latin1');
