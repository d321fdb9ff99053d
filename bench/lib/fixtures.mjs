import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../launcher/lib/paths.mjs';
import { runCommand } from '../../launcher/lib/run-command.mjs';
import { findTool } from '../../launcher/lib/tools.mjs';

const durationSec = 85;
const encodeTimeoutMs = 180_000;
// Filler keeps the rate exact, so that a 2 s segment has 525 KB whatever the picture is.
const videoBitRate = 2_100_000;

/** @param {string} text arguments without spaces of their own @returns {string[]} */
const words = (text) => text.split(' ');

const encode = [
  ...words(`-t ${durationSec} -f lavfi -i testsrc2=s=1280x720:r=25`),
  ...words(`-t ${durationSec} -f lavfi -i anoisesrc=r=48000:c=pink:a=0.5:seed=1`),
  ...words('-map 0:v -c:v libx264 -preset ultrafast -pix_fmt yuv420p -bf 0'),
  ...words('-g 25 -keyint_min 25 -sc_threshold 0 -x264-params nal-hrd=cbr'),
  ...words(`-b:v ${videoBitRate} -maxrate ${videoBitRate} -bufsize ${videoBitRate}`),
  ...words('-map 1:a -c:a aac -b:a 128k programme.mp4'),
  ...words('-map 1:a -ac 2 -c:a aac -b:a 256k audio256.mp4'),
];

/** A CMAF track of one stream of a file, its chunks at each keyframe and, if given, after `chunkMs`. @param {{ from: string, stream: 'v' | 'a', to: string, chunkMs?: number }} options */
const cmaf = ({ from, stream, to, chunkMs }) => [
  ...words(`-i ${from} -map 0:${stream} -c copy -f mp4`),
  ...words(`-movflags cmaf+empty_moov+default_base_moof${stream === 'v' ? '+frag_keyframe' : ''}`),
  ...(chunkMs ? words(`-frag_duration ${chunkMs * 1000}`) : []),
  to,
];

const heavyBitRate = 6_000_000;

/** One video track of the rate that the goals for many streams speak of; 30 frames a second, so that a part of 333 ms is whole frames. */
const encodeHeavy = [
  ...words(`-t ${durationSec} -f lavfi -i testsrc2=s=1280x720:r=30`),
  ...words('-c:v libx264 -preset ultrafast -pix_fmt yuv420p -bf 0'),
  ...words('-g 30 -keyint_min 30 -sc_threshold 0 -x264-params nal-hrd=cbr'),
  ...words(`-b:v ${heavyBitRate} -maxrate ${heavyBitRate} -bufsize ${heavyBitRate} heavy.mp4`),
];

const steps = [
  encode,
  cmaf({ from: 'programme.mp4', stream: 'v', to: 'video-500.cmfv', chunkMs: 500 }),
  cmaf({ from: 'programme.mp4', stream: 'v', to: 'video-200.cmfv', chunkMs: 200 }),
  cmaf({ from: 'programme.mp4', stream: 'v', to: 'video-gop.cmfv' }),
  cmaf({ from: 'programme.mp4', stream: 'a', to: 'audio128.cmfa', chunkMs: 500 }),
  encodeHeavy,
  cmaf({ from: 'heavy.mp4', stream: 'v', to: 'heavy-200.cmfv', chunkMs: 200 }),
  cmaf({ from: 'audio256.mp4', stream: 'a', to: 'audio256.cmfa', chunkMs: 500 }),
];

async function make(dir, ffmpeg) {
  const draft = `${dir}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  try {
    for (const args of steps) {
      await runCommand(ffmpeg, [...words('-hide_banner -nostdin -nostats -loglevel error -y'), ...args], {
        cwd: draft,
        timeoutMs: encodeTimeoutMs,
      });
    }
    await rename(draft, dir);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * The media of the rows, encoded once and kept by what made it: `programme.mp4` (720p H.264 at 2.1 Mbit/s, GOP 1 s, AAC 128 kbit/s) and CMAF tracks of it.
 * @param {{ progress: import('../../launcher/lib/progress.mjs').Progress }} options
 * @returns {Promise<{ ffmpeg: string, path: (name: string) => string }>}
 */
export async function ensureFixtures({ progress }) {
  const step = progress.step('media');
  const tool = await findTool('ffmpeg', { say: (text) => step.note(text) });
  if (!('command' in tool)) throw new Error(`ffmpeg is needed: package ${tool.missing} cannot be had (${tool.reason})`);
  const key = createHash('sha256').update(JSON.stringify(steps)).digest('hex').slice(0, 12);
  const dir = join(projectRoot, '.cache', 'bench', key);
  if (!existsSync(dir)) {
    step.note(`encoding ${durationSec} s of 720p`);
    await make(dir, tool.command);
  }
  step.done('ready');
  return { ffmpeg: tool.command, path: (name) => join(dir, name) };
}
