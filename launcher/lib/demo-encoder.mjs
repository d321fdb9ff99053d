import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beepSource, gridFilter, humanClockFilter } from './burnt-in-clock.mjs';

const width = 1280;
const height = 720;
const frameRate = 25;
const sampleRate = 48_000;

/** Renditions of the demo, smallest cost that still shows a switch: upload name, height in pixels, bits per second. */
const renditions = [
  { name: 'v720.cmfv', label: 'v720', bitRate: 2_000_000, threads: 2 },
  { name: 'v360.cmfv', label: 'v360', bitRate: 600_000, threads: 1 },
];

/** The test picture and tone as one lavfi input, so that one clock paces both. @param {{ originEpochS: number, fontFile?: string }} options */
export function demoSource({ originEpochS, fontFile }) {
  const people = fontFile ? `,${humanClockFilter({ fontFile, height })}` : '';
  return [
    `testsrc2=s=${width}x${height}:r=${frameRate}${people}[picture]`,
    `${gridFilter({ width, height, frameRate, originEpochS })}[grid]`,
    '[picture][grid]overlay=format=yuv420[out0]',
    `${beepSource({ sampleRate, originEpochS })}[out1]`,
  ].join(';');
}

const videoCodec = ({ bitRate, threads }) => {
  const gop = [
    '-g',
    `${frameRate}`,
    '-keyint_min',
    `${frameRate}`,
    '-sc_threshold',
    '0',
    '-bf',
    '0',
    '-flags',
    '+cgop',
  ];
  const rate = ['-b:v', `${bitRate}`, '-maxrate', `${bitRate}`, '-bufsize', `${bitRate}`];
  return ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-threads', `${threads}`, ...gop, ...rate];
};

/** Options of one long POST per track, DASH-IF Live Media Ingest interface 1. The stream key comes from the preset file, out of sight of `ps`. */
const upload = (presetFile, base, name) => {
  const fragments = [
    '-f',
    'mp4',
    '-movflags',
    'cmaf+empty_moov+default_base_moof+frag_keyframe',
    '-frag_duration',
    '500000',
  ];
  return [
    ...fragments,
    '-method',
    'POST',
    '-content_type',
    'video/mp4',
    '-fpre',
    presetFile,
    `${base}/Streams(${name})`,
  ];
};

/**
 * Arguments of the demo encoder.
 * @param {{ publishUrl: string, presetFile: string, originEpochS: number, fontFile?: string, durationS?: number }} options
 * `publishUrl`: `<ingest>/publish/<external id>`; `durationS` ends it by itself (tests)
 * @returns {string[]}
 */
export function demoArguments({ publishUrl, presetFile, originEpochS, fontFile, durationS }) {
  const input = [
    '-re',
    ...(durationS ? ['-t', `${durationS}`] : []),
    '-f',
    'lavfi',
    '-i',
    demoSource({ originEpochS, fontFile }),
  ];
  const video = renditions.flatMap((rendition) => [
    '-map',
    `[${rendition.label}]`,
    ...videoCodec(rendition),
    ...upload(presetFile, publishUrl, rendition.name),
  ]);
  const audio = ['-map', '0:a', '-c:a', 'aac', '-b:a', '128k', ...upload(presetFile, publishUrl, 'a128.cmfa')];
  const split = '[0:v]split[v720][half];[half]scale=640:360:flags=fast_bilinear[v360]';
  return [
    '-hide_banner',
    '-nostdin',
    '-nostats',
    '-loglevel',
    'warning',
    ...input,
    '-filter_complex',
    split,
    ...video,
    ...audio,
  ];
}

/**
 * Writes the file that carries the stream key to ffmpeg (`-fpre`), mode 0600.
 * @param {string} dir
 * @param {string} streamKey
 * @returns {Promise<string>}
 */
export async function writeKeyPreset(dir, streamKey) {
  const path = join(dir, 'demo.ffpreset');
  await writeFile(path, `headers=Authorization: Bearer ${streamKey}\n`, { mode: 0o600 });
  return path;
}
