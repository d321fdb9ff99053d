import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { eventually } from '#shared/testing';
import { chunksOf, sha256, topLevelBoxes } from './support/cmaf-walk.ts';
import { createInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { flushRedis } from './support/redis.ts';
import { fetchText, listedSegments, mediaPlaylistUrls, untilPlayable } from './support/playlists.ts';
import { tool } from './support/tool.ts';

/** 20 s of one video track as ffmpeg writes it, taken from a pipe. */
async function encodeSingleTrack(): Promise<Buffer> {
  const args = [
    '-hide_banner',
    '-loglevel',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=320x180:r=25',
    '-t',
    '20',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-g',
    '25',
    '-keyint_min',
    '25',
    '-sc_threshold',
    '0',
    '-movflags',
    'cmaf+empty_moov+default_base_moof+frag_keyframe',
    '-frag_duration',
    '500000',
    '-write_prft',
    'wallclock',
    '-f',
    'mp4',
    'pipe:1',
  ];
  const { stdout } = await promisify(execFile)(tool('FFMPEG'), args, { encoding: 'buffer', maxBuffer: 64 << 20 });
  return stdout;
}

/** One chunked POST, box by box, faster than real time. */
async function push(url: string, bytes: Buffer): Promise<number> {
  const upload = request(url, { method: 'POST', headers: { 'content-type': 'video/mp4' } });
  const answered = new Promise<number>((resolve, reject) => {
    upload.once('response', (response) => resolve(response.resume().statusCode ?? 0)).once('error', reject);
  });
  for (const box of topLevelBoxes(bytes)) {
    if (!upload.write(bytes.subarray(box.start, box.end)))
      await new Promise((resolve) => upload.once('drain', resolve));
  }
  upload.end();
  return answered;
}

const bytesOf = async (url: string): Promise<Buffer> => {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return Buffer.from(await response.arrayBuffer());
};

describe('media is verbatim', () => {
  let origin: Origin;
  beforeAll(async () => {
    origin = await startOrigin();
  }, 90_000);
  afterAll(() => origin?.stop(), 30_000);

  it('SHA-256 of every chunk sent = of the bytes served live = of the bytes served from the archive', async () => {
    const input = await createInput(origin);
    const source = await encodeSingleTrack();
    const sent = chunksOf(source).map(sha256);
    expect(sent.length).toBeGreaterThanOrEqual(40);
    const pushedAtMs = Date.now();
    expect(await push(`${origin.ingest}/publish/${input.externalId}?sk=${input.streamKey}`, source)).toBe(200);

    const multivariant = await untilPlayable(`${origin.playback}/live/${input.externalId}/index.m3u8`, {
      segments: 10,
    });
    const [media] = mediaPlaylistUrls(multivariant);
    const live = listedSegments(await fetchText(media!));
    expect(await bytesOf(live[0]!.mapUrl)).toEqual(
      source.subarray(0, topLevelBoxes(source).find((b) => b.type === 'moov')!.end),
    );
    const liveBytes = await Promise.all(live.map(({ url }) => bytesOf(url)));
    expect(liveBytes.flatMap(chunksOf).map(sha256)).toEqual(sent);

    const range = `lhs_start=1&lhs_start_unix_ms_0=${pushedAtMs - 60_000}&lhs_vodend_unix_ms_0=${pushedAtMs + 120_000}`;
    const shiftedUrl = `${origin.playback}/live/${input.externalId}.m3u8?${range}`;
    await origin.kill9('packager');
    const archived = await eventually(
      async () => {
        // With the window gone and nobody to write it again, what is served comes from S3 alone.
        await flushRedis();
        await origin.kill9('playback');
        await origin.start('playback');
        const [shifted] = mediaPlaylistUrls(await fetchText(shiftedUrl));
        const segments = shifted === undefined ? [] : listedSegments(await fetchText(shifted));
        return segments.length === live.length && segments;
      },
      { withinMs: 60_000, everyMs: 1000, what: 'the whole push in the archive' },
    );
    expect(archived.map(({ mediaSequence }) => mediaSequence)).toEqual(live.map(({ mediaSequence }) => mediaSequence));
    const archivedBytes = await Promise.all(archived.map(({ url }) => bytesOf(url)));
    expect(archivedBytes.flatMap(chunksOf).map(sha256)).toEqual(sent);
  }, 120_000);
});
