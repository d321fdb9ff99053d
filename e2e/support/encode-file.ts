import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { tool } from './tool.ts';

/** What to encode; small, since only its shape matters. */
export interface EncodeOptions {
  readonly durationSec: number;
  readonly video?: boolean;
  readonly audio?: 'aac' | 'libopus';
  readonly size?: string;
  readonly bFrames?: number;
  readonly timescale?: number;
  readonly profile?: string;
  /** The default is one CMAF track. */
  readonly movFlags?: string;
  /** Default 500. */
  readonly chunkMs?: number;
}

/** A fragmented MP4 stream as ffmpeg writes it into a pipe, encoded as fast as it goes. */
export async function encodeFile(options: EncodeOptions): Promise<Buffer> {
  const { durationSec, movFlags = 'cmaf+empty_moov+default_base_moof+frag_keyframe', chunkMs = 500 } = options;
  const length = ['-t', String(durationSec), '-f', 'lavfi', '-i'];
  const args = [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error'],
    ...(options.video === true ? [...length, `testsrc2=s=${options.size ?? '160x90'}:r=25`] : []),
    ...(options.audio === undefined ? [] : [...length, 'sine=sample_rate=48000']),
    ...(options.video === true ? videoCodec(options) : []),
    ...(options.audio === undefined ? [] : ['-c:a', options.audio, '-ac', '2', '-b:a', '64k']),
    ...['-movflags', movFlags, '-frag_duration', String(chunkMs * 1000), '-f', 'mp4', 'pipe:1'],
  ];
  const { stdout } = await promisify(execFile)(tool('FFMPEG'), args, { encoding: 'buffer', maxBuffer: 256 << 20 });
  return stdout;
}

const videoCodec = ({ bFrames = 0, timescale, profile }: EncodeOptions): string[] => [
  ...'-c:v libx264 -preset ultrafast -pix_fmt yuv420p -threads 1 -g 25 -keyint_min 25 -sc_threshold 0'.split(' '),
  ...['-bf', String(bFrames)],
  ...(profile === undefined ? [] : ['-profile:v', profile]),
  ...(timescale === undefined ? [] : ['-video_track_timescale', String(timescale)]),
];
