import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '#shared/testing';
import { topLevelBoxes } from './support/cmaf-walk.ts';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { createInput, type CreatedInput } from './support/live-input.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { fetchText, mediaPlaylistUrls, untilPlayable } from './support/playlists.ts';
import { watchPlaylist, type PlaylistWatch } from './support/playlist-watch.ts';
import { tool } from './support/tool.ts';

async function encode(...codec: string[]): Promise<Buffer> {
  const args = [
    '-hide_banner',
    '-loglevel',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=160x90:r=25',
    '-t',
    '2',
    ...codec,
  ];
  const output = ['-movflags', 'cmaf+empty_moov+default_base_moof+frag_keyframe', '-f', 'mp4', 'pipe:1'];
  const { stdout } = await promisify(execFile)(tool('FFMPEG'), [...args, ...output], { encoding: 'buffer' });
  return stdout;
}

describe('bad input gets its own answer and harms nobody else', () => {
  let origin: Origin;
  let good: CreatedInput;
  let encoder: Encoder;
  let watch: PlaylistWatch;
  let media: Buffer;

  const publish = async (input: CreatedInput, body: Uint8Array, path = '', key = input.streamKey): Promise<number> => {
    const response = await fetch(`${origin.ingest}/publish/${input.externalId}${path}?sk=${key}`, {
      method: 'POST',
      headers: { 'content-type': 'video/mp4' },
      body: new Uint8Array(body),
    });
    await response.text();
    return response.status;
  };
  const ingestLog = (): Promise<string> => readFile(join(origin.runDir, 'log', 'ingest.log'), 'utf8');

  beforeAll(async () => {
    origin = await startOrigin();
    good = await createInput(origin);
    media = await encode('-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25');
    encoder = startEncoder({ publishUrl: `${origin.ingest}/publish/${good.externalId}`, streamKey: good.streamKey });
    const multivariant = await untilPlayable(`${origin.playback}/live/${good.externalId}/index.m3u8`, { segments: 2 });
    watch = watchPlaylist(mediaPlaylistUrls(multivariant)[0]!);
  }, 90_000);
  afterAll(async () => {
    watch?.stop();
    await encoder?.finish();
    await origin?.stop();
  }, 30_000);

  const oversized = (): Buffer => {
    const header = Buffer.alloc(16);
    header.writeUInt32BE(0x7fffffff, 0);
    header.write('mdat', 4, 'latin1');
    return header;
  };
  const without = (bytes: Buffer, type: string): Buffer =>
    Buffer.concat(
      topLevelBoxes(bytes)
        .filter((box) => box.type !== type)
        .map((box) => bytes.subarray(box.start, box.end)),
    );
  const withUnknownCodec = (bytes: Buffer): Buffer =>
    Buffer.from(bytes.toString('latin1').replaceAll('avc1', 'zzz9'), 'latin1');

  it.each<[string, number, () => Uint8Array]>([
    ['garbage', 415, () => randomBytes(4096)],
    ['an oversized box', 413, () => Buffer.concat([media.subarray(0, 2000).subarray(0, initEnd()), oversized()])],
    ['an unknown codec', 415, () => withUnknownCodec(media)],
    ['media before init', 412, () => without(without(media, 'ftyp'), 'moov')],
    ['a truncated upload', 400, () => media.subarray(0, media.length - 700)],
  ])('%s is answered %i with a reason in the log', async (_name, status, body) => {
    const input = await createInput(origin);
    expect(await publish(input, body())).toBe(status);
    await eventually(
      async () => (await ingestLog()).includes(input.id) || (await ingestLog()).includes(input.externalId),
      {
        what: 'a log line that names the input',
      },
    );
    expect(await ingestLog()).not.toContain(input.streamKey);
  });

  it('a wrong key is answered 403, an unknown input 404', async () => {
    const input = await createInput(origin);
    expect(await publish(input, media, '', `sk_live_${'x'.repeat(32)}`)).toBe(403);
    expect(await publish({ ...input, externalId: 'lv_doesnotexist00000000' }, media)).toBe(404);
  });

  it('the good stream went on all the while, and every service is still the same process', async () => {
    const before = watch.newest();
    await Promise.all(
      Array.from({ length: 40 }, () => publish(good, randomBytes(2048), '', 'sk_live_wrong').catch(() => 0)),
    );
    await eventually(() => watch.newest() >= before + 3, { what: 'three more segments', withinMs: 15_000 });
    expect(watch.faults()).toEqual([]);
    expect((await fetchText(`${origin.playback}/live/${good.externalId}/index.m3u8`)).status).toBe(200);
    expect(origin.pidOf('ingest')).toBeGreaterThan(0);
  }, 30_000);

  const initEnd = (): number => topLevelBoxes(media).find((box) => box.type === 'moov')!.end;
});
