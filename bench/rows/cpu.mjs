import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ManagedProcess } from '../../launcher/lib/managed-process.mjs';
import { mediaPlaylists } from '../lib/bench-origin.mjs';
import { readCmafTrack } from '../lib/cmaf-file.mjs';
import { cpuBetween, endedThreads, readGroupCpu } from '../lib/cpu-time.mjs';
import { PacedSender } from '../lib/paced-sender.mjs';

const warmUpMs = 12_000;
// The archive writes once a minute: a window of a minute holds one such write.
const windowMs = 60_000;
const quickWindowMs = 10_000;
const segmentMs = 2000;

/** The anchor: what packaging costs when nothing is shared, durable or asked for. @param {{ ffmpeg: string, input: string, dir: string }} options */
async function reference({ ffmpeg, input, dir }) {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const quiet = '-hide_banner -nostdin -nostats -loglevel error -re';
  const hls = '-c copy -f hls -hls_segment_type fmp4 -hls_time 2 -hls_list_size 15 -hls_flags delete_segments';
  const args = [...quiet.split(' '), '-i', input, ...hls.split(' '), 'index.m3u8'];
  return new ManagedProcess({
    name: 'ffmpeg',
    command: ffmpeg,
    args,
    cwd: dir,
    logFile: join(dir, '..', 'ffmpeg.log'),
  });
}

/** Sends video and audio at the pace of an encoder until the row ends. */
async function startPushing({ origin, fixtures, onEnd }) {
  const input = await origin.createInput();
  const tracks = [
    { name: 'v.cmfv', track: await readCmafTrack(fixtures.path('video-500.cmfv')) },
    { name: 'a.cmfa', track: await readCmafTrack(fixtures.path('audio128.cmfa')) },
  ];
  const senders = tracks.map((options) => new PacedSender({ ...input, ...options }));
  onEnd(() => senders.forEach((sender) => sender.stop()));
  const startMs = performance.now();
  const failure = Promise.all(senders.map((sender) => sender.send(startMs))).then(() => new Promise(() => {}));
  // Awaited in the race of the caller; until then a refusal must not count as unhandled.
  failure.catch(() => {});
  return { input, failure };
}

const readAll = (groups) => new Map([...groups].map(([name, group]) => [name, readGroupCpu(group)]));

/** A path that drops its media would be cheap. */
async function assertPackaged(input, pushedMs) {
  const expected = Math.min(25, Math.floor(pushedMs / segmentMs) - 2);
  for (const { url, text } of await mediaPlaylists(input)) {
    const count = (text.match(/^#EXTINF/gm) ?? []).length;
    if (count < expected) throw new Error(`${url}: at least ${expected} segments were expected, got ${count}`);
  }
}

/** CPU seconds of a minute of media, by process, between two readings. */
function secondsPerMediaMinute(before, after, elapsedMs) {
  return [...after].map(([name, reading]) => {
    const ended = endedThreads(before.get(name), reading);
    if (ended > 0)
      throw new Error(`${name}: ${ended} threads ended during the measurement, so its CPU time is not whole`);
    return { name, seconds: (cpuBetween(before.get(name), reading) / elapsedMs) * 60 };
  });
}

/** CPU of the whole path for one real-time stream, beside ffmpeg's own packaging of the same file at the same time. @type {import('../lib/run-rows.mjs').Row} */
export const cpuRow = {
  name: 'cpu',
  title: 'CPU of the whole path for one stream (720p 2.1 Mbit/s + AAC 128 kbit/s) in real time',
  limitMs: 100_000,
  async run({ origin, fixtures, quick, runDir, spawn, onEnd }) {
    const groups = origin.groups();
    const { input, failure } = await startPushing({ origin, fixtures, onEnd });
    const anchor = await reference({
      ffmpeg: fixtures.ffmpeg,
      input: fixtures.path('programme.mp4'),
      dir: join(runDir, 'reference'),
    });
    await spawn(anchor);
    const all = new Map([...groups, ['ffmpeg', anchor.pid]]);
    const durationMs = quick ? quickWindowMs : windowMs;
    await Promise.race([delay(warmUpMs), failure]);
    const startMs = performance.now();
    const before = readAll(all);
    await Promise.race([delay(durationMs), failure]);
    const costs = secondsPerMediaMinute(before, readAll(all), performance.now() - startMs);
    await assertPackaged(input, warmUpMs + durationMs);
    return describe(costs);
  },
};

function describe(costs) {
  const anchor = costs.find(({ name }) => name === 'ffmpeg').seconds;
  const path = costs.filter(({ name }) => name !== 'ffmpeg');
  const total = path.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    measures: [
      { what: 'whole path, CPU s per media minute', value: total.toFixed(2) },
      ...path.map(({ name, seconds }) => ({ what: `— ${name}`, value: seconds.toFixed(2) })),
      { what: '`ffmpeg -c copy -f hls`, same file, same minute', value: anchor.toFixed(2) },
      { what: 'whole path / ffmpeg', value: `${(total / anchor).toFixed(1)} ×` },
    ],
    notes: [
      'User and system time of all threads. S3 is the store that the launcher found; nobody watches, so playback only follows the window.',
    ],
  };
}
