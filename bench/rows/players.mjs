import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findOnPath } from '../../launcher/lib/paths.mjs';
import { findFreePort } from '../../launcher/lib/ports.mjs';
import { findTool } from '../../launcher/lib/tools.mjs';
import { waitFor } from '../../launcher/lib/wait.mjs';
import { mediaPlaylists, untilPlayable } from '../lib/bench-origin.mjs';
import { clockEncoder } from '../lib/clock-encoder.mjs';
import { allowedCores } from '../lib/machine.mjs';
import { nginxProcess, untilNginxListens } from '../lib/nginx.mjs';
import { openPlayerPage, writePlayerPage } from '../lib/player-page.mjs';
import { compare, median, orderOf, percentile } from '../lib/statistics.mjs';

const nginxPort = 18_690;
const partsMs = [200, 333, 500];
const lowLatency = { lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.5 };
const plain = { lowLatencyMode: false };
// hls.js comes to its target by playing faster; it is there long before.
const approachMs = 15_000;
const watchMs = 10_000;
/** A sixth of what the encoder sends in that time. */
const leastFrames = 50;
const startRounds = 8;
const clockRange = 2 ** 32;
const goals = { aboveFloorMs: 150, start: 1.2 };

// The clock in the picture has 32 bits; a first chunk that came early puts PROGRAM-DATE-TIME a little before it.
const sinceMs = (atMs, captureMs32) => {
  const sinceTurnMs = (((atMs - captureMs32) % clockRange) + clockRange) % clockRange;
  return sinceTurnMs < clockRange / 2 ? sinceTurnMs : sinceTurnMs - clockRange;
};

/** @param {import('playwright-core').Page} page @returns {Promise<{ atMs: number, captureMs32: number, dateMs: number | null }[]>} */
const seenOn = (page) => page.evaluate('window.seen');

async function assertPlays(page) {
  const fault = await page.evaluate('window.fault');
  if (fault) throw new Error(`hls.js: ${fault}`);
}

/** From capture to paint in a player that follows the live edge, and the least it could be. */
async function glassToGlass(context, page, chunkMs) {
  const input = await context.origin.createInput({ segmentTargetMs: 1000, partTargetMs: chunkMs });
  await context.spawn(clockEncoder({ ffmpeg: context.fixtures.ffmpeg, input, chunkMs, runDir: context.runDir }));
  const [list] = await untilPlayable(input, { tracks: 1, segments: 4 });
  if (list === undefined) throw new Error('a media playlist was expected, there is none');
  const holdBackMs = Number(/PART-HOLD-BACK=([\d.]+)/.exec(list.text)?.[1]) * 1000;
  const partMs = Number(/PART-TARGET=([\d.]+)/.exec(list.text)?.[1]) * 1000;
  await page.evaluate(`play(${JSON.stringify(input.playlistUrl)}, ${JSON.stringify(lowLatency)})`);
  await delay(context.quick ? watchMs / 2 : approachMs);
  await assertPlays(page);
  await page.evaluate('window.seen.length = 0');
  await delay(watchMs);
  await assertPlays(page);
  const seen = await seenOn(page);
  if (seen.length < leastFrames)
    throw new Error(`${leastFrames} painted frames with a clock were expected, got ${seen.length}`);
  const latencyMs = median(seen.map(({ atMs, captureMs32 }) => sinceMs(atMs, captureMs32)));
  // PROGRAM-DATE-TIME is when the first chunk came, less its length: it lags the capture by what encoding took.
  const encodeMs = median(
    seen.flatMap(({ dateMs, captureMs32 }) => (dateMs === null ? [] : [sinceMs(dateMs, captureMs32)])),
  );
  return { input, partMs, latencyMs, floorMs: encodeMs + holdBackMs + partMs / 2, encodeMs, holdBackMs };
}

/** The playlists and segments of this moment as files, ended, so that the same player starts on the same media. */
async function snapshot(input, dir) {
  const write = async (url, bytes) => {
    const file = join(dir, new URL(url).pathname);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  };
  const get = async (url) => Buffer.from(await (await fetch(url)).arrayBuffer());
  await write(input.playlistUrl, await get(input.playlistUrl));
  for (const { url, text } of await mediaPlaylists(input)) {
    const lines = text
      .split('\n')
      .filter((line) => !/^#EXT-X-(PART|PRELOAD-HINT|RENDITION-REPORT|SERVER-CONTROL|ENDLIST)/.test(line));
    await write(url, lines.join('\n'));
    const uris = lines.filter((line) => line !== '' && !line.startsWith('#'));
    const maps = [...text.matchAll(/#EXT-X-MAP:URI="([^"]+)"/g)].map(([, uri]) => uri ?? '');
    for (const uri of new Set([...uris, ...maps])) {
      const resource = new URL(uri, url).href;
      await write(resource, await get(resource));
    }
  }
}

async function timeToFirstFrame(page, url) {
  await page.evaluate(`play(${JSON.stringify(url)}, ${JSON.stringify(plain)})`);
  return waitFor(async () => (await page.evaluate('window.firstFrameMs')) ?? false, {
    timeoutMs: 10_000,
    intervalMs: 20,
    what: `first frame of ${url}`,
  });
}

async function startUp(page, urls, rounds) {
  const pairs = [];
  for (let round = 0; round < rounds; round += 1) {
    const result = {};
    for (const side of orderOf(round)) result[side] = await timeToFirstFrame(page, urls[side]);
    pairs.push(result);
  }
  return pairs;
}

async function prepare({ runDir, spawn, onEnd }) {
  const [nginx, chromium] = await Promise.all([findTool('nginx'), findTool('chromium')]);
  const taskset = findOnPath('taskset');
  if (!('command' in nginx) || !('command' in chromium) || !taskset)
    throw new Error('nginx, chromium and taskset were expected, one of them cannot be had');
  const dir = join(runDir, 'nginx-player');
  await rm(dir, { recursive: true, force: true });
  await writePlayerPage(join(dir, 'files'));
  const port = await findFreePort(nginxPort);
  const managed = await nginxProcess({ nginx: nginx.command, taskset, core: allowedCores()[0] ?? 0, dir, port });
  await spawn(managed);
  await untilNginxListens(managed, port);
  const base = `http://127.0.0.1:${port}`;
  const page = await openPlayerPage({ executablePath: chromium.command, url: `${base}/player.html`, onEnd });
  return { page, base, files: join(dir, 'files') };
}

/** What a viewer sees: latency by the burnt-in clock, and the time to the first frame. @type {import('../lib/run-rows.mjs').Row} */
export const playersRow = {
  name: 'players',
  title: 'Glass to glass and start-up in headless Chromium with hls.js, on loopback',
  limitMs: 200_000,
  async run(context) {
    const { page, base, files } = await prepare(context);
    const measures = [];
    let last;
    for (const chunkMs of context.quick ? [500] : partsMs) {
      last = await glassToGlass(context, page, chunkMs);
      measures.push(...describeLatency(last));
    }
    if (last === undefined) throw new Error('a stream was expected, none ran');
    await snapshot(last.input, files);
    const urls = { a: last.input.playlistUrl, b: `${base}${new URL(last.input.playlistUrl).pathname}` };
    measures.push(...describeStart(await startUp(page, urls, context.quick ? 2 : startRounds)));
    return {
      measures,
      notes: [
        `hls.js with ${JSON.stringify(lowLatency)}; medians over ${watchMs / 1000} s after ${approachMs / 1000} s. Floor = encode + PART-HOLD-BACK + half a part, where encode is PROGRAM-DATE-TIME against the clock in the picture. A player that reckons with the age of the playlist needs no half part. Encoder (ffmpeg, x264 zerolatency), origin and browser share two cores.`,
        `Start-up: loadSource to the first painted frame, ${JSON.stringify(plain)}, the running stream against a snapshot of its playlists and segments on nginx.`,
      ],
    };
  },
};

function describeLatency({ partMs, latencyMs, floorMs, encodeMs, holdBackMs }) {
  const above = latencyMs - floorMs;
  return [
    {
      what: `glass to glass, parts of ${partMs.toFixed(0)} ms (floor ${floorMs.toFixed(0)} = encode ${encodeMs.toFixed(0)} + hold-back ${holdBackMs.toFixed(0)} + ${(partMs / 2).toFixed(0)})`,
      value: `${latencyMs.toFixed(0)} ms`,
    },
    {
      what: '— above the floor',
      value: `${above.toFixed(0)} ms`,
      goal: `≤ ${goals.aboveFloorMs} ms`,
      met: above <= goals.aboveFloorMs,
    },
  ];
}

function describeStart(pairs) {
  const { medianOfRatios, bestAgainstBest } = compare(pairs, 'lower');
  const show = (values) => percentile(values, 0.5).toFixed(0);
  return [
    {
      what: 'time to first frame, origin and nginx, p50',
      value: `${show(pairs.map(({ a }) => a))} and ${show(pairs.map(({ b }) => b))} ms`,
    },
    {
      what: '— against nginx, median of ratios / best against best',
      value: `${medianOfRatios.toFixed(2)} / ${bestAgainstBest.toFixed(2)}`,
      goal: `≤ ${goals.start}`,
      met: medianOfRatios <= goals.start && bestAgainstBest <= goals.start,
    },
  ];
}
