import { spawn, type ChildProcess } from 'node:child_process';
import { beepSource, gridFilter } from '../../launcher/lib/burnt-in-clock.mjs';
import { tool } from './tool.ts';

/** A running ffmpeg that pushes to the origin. */
export interface Encoder {
  readonly process: ChildProcess;
  /** Ends the stream as an operator would (ffmpeg writes its trailers); resolves when it is gone. */
  finish(): Promise<void>;
  /** As a power cut would. */
  kill9(): Promise<void>;
  readonly exited: Promise<{ code: number | null; stderr: string }>;
}

/** What to push; sizes are small so that a test costs little. */
export interface EncoderOptions {
  /** Base of the publish URL without key, such as `http://…/publish/lv_…`. */
  readonly publishUrl: string;
  readonly streamKey: string;
  /** Renditions by upload name; the first is encoded at 640x360, each further one at 320x180. */
  readonly renditions?: readonly string[];
  readonly audio?: boolean;
  readonly gopSec?: number;
  readonly fragmentMs?: number;
  readonly durationSec?: number;
}

const FRAME_RATE = 25;
const SOURCE = { width: 640, height: 360 };

/** Interface 1 of DASH-IF ingest: one long POST per track from one process, key as Bearer. */
export function startEncoder(options: EncoderOptions): Encoder {
  const { renditions = ['v360.cmfv'], audio = true } = options;
  const originEpochS = Math.floor(Date.now() / 1000);
  const picture = [
    `testsrc2=s=${SOURCE.width}x${SOURCE.height}:r=${FRAME_RATE}[picture]`,
    `${gridFilter({ ...SOURCE, frameRate: FRAME_RATE, originEpochS })}[grid]`,
    '[picture][grid]overlay=format=yuv420[out0]',
    `${beepSource({ sampleRate: 48_000, originEpochS })}[out1]`,
  ].join(';');
  const labels = renditions.map((_, index) => `[r${index}]`);
  const filters = [
    `[0:v]split=${renditions.length}${renditions.map((_, index) => `[s${index}]`).join('')}`,
    ...renditions.map((_, index) => `[s${index}]${index === 0 ? 'null' : 'scale=320:180'}${labels[index]}`),
  ].join(';');
  const args = [
    ...['-hide_banner', '-nostdin', '-loglevel', 'warning', '-re'],
    ...(options.durationSec === undefined ? [] : ['-t', String(options.durationSec)]),
    ...['-f', 'lavfi', '-i', picture, '-filter_complex', filters],
    ...renditions.flatMap((name, index) => [
      '-map',
      labels[index]!,
      ...videoCodec(options, index),
      ...upload(options, name),
    ]),
    ...(audio ? ['-map', '0:a', '-c:a', 'aac', '-b:a', '96k', ...upload(options, 'a96.cmfa')] : []),
  ];
  return runFfmpeg(args);
}

/** Any other ffmpeg command line, supervised the same way. */
export function runFfmpeg(args: readonly string[]): Encoder {
  const child = spawn(tool('FFMPEG'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (bytes: Buffer) => {
    stderr = (stderr + bytes.toString()).slice(-8000);
  });
  const exited = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, stderr }));
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return { process: child, finish: () => end('SIGINT'), kill9: () => end('SIGKILL'), exited };
}

const videoCodec = (options: EncoderOptions, index: number): string[] => {
  const gop = String(Math.round((options.gopSec ?? 1) * FRAME_RATE));
  return [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-pix_fmt',
    'yuv420p',
    '-threads',
    '1',
    '-bf',
    '0',
    '-g',
    gop,
    '-keyint_min',
    gop,
    '-sc_threshold',
    '0',
    '-b:v',
    index === 0 ? '600k' : '200k',
  ];
};

const upload = (options: EncoderOptions, name: string): string[] => [
  '-f',
  'mp4',
  '-movflags',
  'cmaf+empty_moov+default_base_moof+frag_keyframe',
  '-frag_duration',
  String((options.fragmentMs ?? 500) * 1e3),
  '-method',
  'POST',
  '-content_type',
  'video/mp4',
  '-headers',
  `Authorization: Bearer ${options.streamKey}\r\n`,
  `${options.publishUrl}/Streams(${name})`,
];
