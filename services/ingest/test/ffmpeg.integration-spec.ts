import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { eventually } from '#shared/testing';
import { IngestHarness } from './harness.ts';

const FFMPEG = process.env['TEST_FFMPEG'] ?? '/usr/bin/ffmpeg';
const SOURCE = [
  '-re',
  '-f',
  'lavfi',
  '-i',
  'testsrc2=size=320x180:rate=25',
  '-re',
  '-f',
  'lavfi',
  '-i',
  'sine=r=48000',
];
const ENCODE = ['-t', '4', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];

describe('ffmpeg as the encoder', () => {
  let harness: IngestHarness;
  beforeAll(async () => {
    await access(FFMPEG);
    harness = await IngestHarness.start({ SESSION_IDLE_MS: '1500' });
  });
  afterAll(() => harness?.stop());

  const run = async (...args: string[]): Promise<string> => {
    const child = spawn(FFMPEG, ['-nostdin', '-hide_banner', '-loglevel', 'warning', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaints = '';
    child.stderr.on('data', (piece: Buffer) => (complaints += piece.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return code === 0 ? 'done' : `exit ${code}: ${complaints}`;
  };

  const expectTracks = async (inputId: string, what: Record<number, number>) => {
    await factsUntilEnd(inputId);
    const chunks = await harness.chunks(inputId);
    const seconds: Record<number, number> = {};
    for (const { trackId, facts } of chunks) {
      seconds[trackId] = (seconds[trackId] ?? 0) + Number(facts['Hw-Duration']) / facts['Hw-Timescale'];
    }
    for (const [trackId, expected] of Object.entries(what)) {
      expect(seconds[Number(trackId)]).toBeGreaterThan(expected - 0.3);
      expect(seconds[Number(trackId)]).toBeLessThan(expected + 0.3);
    }
    expect(Object.keys(seconds)).toEqual(Object.keys(what));
    expect(new Set(chunks.map(({ facts }) => facts['Hw-Epoch']))).toEqual(new Set([0]));
    return chunks;
  };

  /** ffmpeg goes away without waiting for the last answer. */
  const factsUntilEnd = (inputId: string) =>
    eventually(async () => {
      const facts = (await harness.events(inputId)).map(({ fact }) => fact);
      return facts.includes('publisher_disconnected') ? facts : undefined;
    });

  it('pushes low-latency DASH, one request for each segment, with the key in the path', async () => {
    const { row, key, path } = await harness.newInput();
    const url = `http://127.0.0.1:${harness.port}${path}/${key}/manifest.mpd`;
    const dash = ['-f', 'dash', '-method', 'PUT', '-streaming', '1', '-ldash', '1', '-http_persistent', '1'];
    const template = ['-use_template', '1', '-use_timeline', '0', '-seg_duration', '2'];
    const fragments = ['-frag_type', 'duration', '-frag_duration', '0.2'];
    expect(await run(...SOURCE, ...ENCODE, ...dash, ...template, ...fragments, url)).toBe('done');
    const chunks = await expectTracks(row.id, { 1: 4, 2: 4 });
    // 0.2 s chunks and not 2 s segments: they are stored as they come.
    expect(chunks.filter(({ trackId }) => trackId === 1).length).toBeGreaterThan(15);
    expect(await factsUntilEnd(row.id)).toEqual(['publisher_connected', 'epoch_began', 'publisher_disconnected']);
  }, 40_000);

  it('pushes one long request for each track, DASH-IF interface 1', async () => {
    const { row, key, path } = await harness.newInput();
    const url = (name: string) => `http://127.0.0.1:${harness.port}${path}.isml/Streams(${name})?sk=${key}`;
    const cmaf = [
      '-f',
      'mp4',
      '-movflags',
      'cmaf+empty_moov+default_base_moof+frag_keyframe',
      '-frag_duration',
      '500000',
    ];
    const video = ['-map', '0:v', ...ENCODE, ...cmaf, '-method', 'POST', url('video.cmfv')];
    const audio = ['-map', '1:a', ...ENCODE, ...cmaf, '-method', 'POST', url('audio.cmfa')];
    expect(await run(...SOURCE, ...video, ...audio)).toBe('done');
    await expectTracks(row.id, { 1: 4, 2: 4 });
    expect(await factsUntilEnd(row.id)).toEqual(['publisher_connected', 'epoch_began', 'publisher_disconnected']);
  }, 40_000);

  it('pushes one multiplexed stream', async () => {
    const { row, key, path } = await harness.newInput();
    const mp4 = ['-f', 'mp4', '-movflags', 'frag_keyframe+empty_moov+default_base_moof', '-frag_duration', '500000'];
    const url = `http://127.0.0.1:${harness.port}${path}?sk=${key}`;
    expect(await run(...SOURCE, ...ENCODE, ...mp4, '-method', 'POST', url)).toBe('done');
    await expectTracks(row.id, { 1: 4, 2: 4 });
  }, 40_000);

  it('pushes HLS with fMP4 segments in one folder for each variant', async () => {
    const { row, key, path } = await harness.newInput();
    const base = `http://127.0.0.1:${harness.port}${path}/${key}`;
    const hls = ['-f', 'hls', '-method', 'PUT', '-hls_time', '1', '-hls_segment_type', 'fmp4'];
    const names = ['-hls_fmp4_init_filename', 'init.mp4', '-hls_segment_filename', `${base}/%v/seg_%05d.m4s`];
    const variants = ['-map', '0:v', '-map', '1:a', '-var_stream_map', 'v:0,agroup:a a:0,agroup:a'];
    expect(await run(...SOURCE, ...ENCODE, ...variants, ...hls, ...names, `${base}/%v/out.m3u8`)).toBe('done');
    await expectTracks(row.id, { 1: 4, 2: 4 });
  }, 40_000);
});
