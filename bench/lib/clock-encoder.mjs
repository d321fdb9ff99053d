import { join } from 'node:path';
import { gridFilter } from '../../launcher/lib/burnt-in-clock.mjs';
import { ManagedProcess } from '../../launcher/lib/managed-process.mjs';

/** Frames that make parts of 200, 333 and 500 ms whole. */
const frameRate = 30;
const size = { width: 640, height: 360 };

/**
 * ffmpeg that pushes a picture with the burnt-in clock, GOP 1 s.
 * @param {{ ffmpeg: string, input: import('./bench-origin.mjs').BenchInput, chunkMs: number, runDir: string }} options
 */
export function clockEncoder({ ffmpeg, input, chunkMs, runDir }) {
  const originEpochS = Math.floor(Date.now() / 1000);
  const picture = [
    `testsrc2=s=${size.width}x${size.height}:r=${frameRate}[picture]`,
    `${gridFilter({ ...size, frameRate, originEpochS })}[grid]`,
    '[picture][grid]overlay=format=yuv420[out0]',
  ].join(';');
  const args = [
    ...'-hide_banner -nostdin -nostats -loglevel error -re -f lavfi -i'.split(' '),
    picture,
    ...'-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -threads 1 -bf 0 -sc_threshold 0'.split(' '),
    ...['-g', `${frameRate}`, '-keyint_min', `${frameRate}`, '-b:v', '600k', '-f', 'mp4'],
    ...['-movflags', 'cmaf+empty_moov+default_base_moof+frag_keyframe', '-frag_duration', `${chunkMs * 1000}`],
    ...['-method', 'POST', '-content_type', 'video/mp4', '-headers', `Authorization: Bearer ${input.streamKey}\r\n`],
    `${input.publishUrl}/Streams(v.cmfv)`,
  ];
  return new ManagedProcess({
    name: 'encoder',
    command: ffmpeg,
    args,
    logFile: join(runDir, `encoder-${chunkMs}.log`),
  });
}
