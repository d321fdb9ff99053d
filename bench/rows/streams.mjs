import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ManagedProcess } from '../../launcher/lib/managed-process.mjs';
import { beginMsOf, edgeOf } from '../lib/blocked-list.mjs';
import { cpuBetween, readGroupCpu } from '../lib/cpu-time.mjs';
import { heavyMbits, startHeavyStreams } from '../lib/heavy-streams.mjs';
import { fitLine } from '../lib/statistics.mjs';

const counts = [1, 4, 8, 16];
const settleMs = 4000;
const measureMs = 20_000;
const quickMs = 4000;
// Until code is compiled it costs a multiple, which the first count alone would bear.
const warmUp = { count: 16, durationMs: 12_000 };
const longestLagMs = 3000;
const goals = { ratio: 1.9, growth: 0.5, fit: 0.98 };

/** `ffmpeg -c copy -f hls` of one stream of the same rate: what packaging costs when nothing is shared, durable or asked for. */
async function startReference({ fixtures, runDir, spawn }) {
  const dir = join(runDir, 'reference');
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const args =
    '-hide_banner -nostdin -nostats -loglevel error -re -stream_loop -1 -i INPUT -c copy -f hls -hls_segment_type fmp4 -hls_time 1 -hls_list_size 30 -hls_flags delete_segments index.m3u8'
      .split(' ')
      .map((word) => (word === 'INPUT' ? fixtures.path('heavy.mp4') : word));
  const managed = new ManagedProcess({
    name: 'ffmpeg',
    command: fixtures.ffmpeg,
    args,
    cwd: dir,
    logFile: join(runDir, 'ffmpeg.log'),
  });
  await spawn(managed);
  return managed.pid;
}

const readAll = (groups) => new Map([...groups].map(([name, group]) => [name, readGroupCpu(group)]));

/** CPU ms of each process for one Mbit that came in. */
async function costOf(groups, { count, durationMs, failure }) {
  const startMs = performance.now();
  const before = readAll(groups);
  await Promise.race([delay(durationMs), failure]);
  const after = readAll(groups);
  const mbits = (heavyMbits * count * (performance.now() - startMs)) / 1000;
  return new Map(
    [...after].map(([name, reading]) => [name, cpuBetween(before.get(name) ?? new Map(), reading) / mbits]),
  );
}

/** A path that falls behind or drops its media would be cheap. */
async function assertKeepsPace({ listUrl, sentAtMs, chunkEndMs }) {
  const sentMs = chunkEndMs[Math.max(...sentAtMs.keys())] ?? NaN;
  const text = await (await fetch(listUrl)).text();
  const listedMs = edgeOf(text).endMs - beginMsOf(text);
  if (!(sentMs - listedMs <= longestLagMs))
    throw new Error(`${listUrl}: ${sentMs.toFixed(0)} ms of media were expected, ${listedMs.toFixed(0)} ms are listed`);
}

/** What the path costs while so many streams run. */
async function costAt(count, context, durationMs) {
  const undo = [];
  const streams = await startHeavyStreams({ ...context, onEnd: (work) => undo.push(work) }, count);
  try {
    const failure = Promise.race(streams.map((stream) => stream.failure));
    await Promise.race([delay(settleMs), failure]);
    const costs = await costOf(context.origin.groups(), { count, durationMs, failure });
    for (const stream of streams) await assertKeepsPace(stream);
    return { count, costs };
  } finally {
    for (const work of undo) await work();
  }
}

const total = (costs) => [...costs.values()].reduce((sum, cost) => sum + cost, 0);

/** What one more stream costs. @type {import('../lib/run-rows.mjs').Row} */
export const streamsRow = {
  name: 'streams',
  title: `CPU for each ingested Mbit, ${counts.join(', ')} streams of ${heavyMbits} Mbit/s in chunks of 200 ms`,
  limitMs: 200_000,
  async run(context) {
    const durationMs = context.quick ? quickMs : measureMs;
    await costAt(warmUp.count, context, warmUp.durationMs);
    const rounds = [];
    for (const count of counts) rounds.push(await costAt(count, context, durationMs));
    const reference = new Map([['ffmpeg', await startReference(context)]]);
    await delay(settleMs);
    const anchor = total(await costOf(reference, { count: 1, durationMs, failure: new Promise(() => {}) }));
    return describe(rounds, anchor);
  },
};

function describe(rounds, anchor) {
  const perMbit = rounds.map(({ costs }) => total(costs));
  const [one, many] = [perMbit[0] ?? NaN, perMbit.at(-1) ?? NaN];
  const { r2 } = fitLine(rounds.map(({ count }, index) => ({ x: count, y: count * (perMbit[index] ?? NaN) })));
  const largest = rounds.at(-1)?.costs ?? new Map();
  return {
    measures: [
      ...rounds.map(({ count }, index) => ({
        what: `whole path, ${count} streams`,
        value: `${perMbit[index]?.toFixed(2)} ms/Mbit`,
      })),
      ...[...largest].map(([name, cost]) => ({
        what: `— ${name}, at ${rounds.at(-1)?.count}`,
        value: `${cost.toFixed(2)} ms/Mbit`,
      })),
      { what: '`ffmpeg -c copy -f hls`', value: `${anchor.toFixed(2)} ms/Mbit` },
      {
        what: `whole path at ${counts.at(-1)} streams / ffmpeg`,
        value: `${(many / anchor).toFixed(2)} ×`,
        goal: `≤ ${goals.ratio} ×`,
        met: many / anchor <= goals.ratio,
      },
      {
        what: `cost of a Mbit at ${counts.at(-1)} streams / at 1`,
        value: (many / one).toFixed(2),
        goal: `≤ ${goals.growth}`,
        met: many / one <= goals.growth,
      },
      { what: 'total over streams as a line, R²', value: r2.toFixed(4), goal: `≥ ${goals.fit}`, met: r2 >= goals.fit },
    ],
    notes: [
      'User and system time of all threads of the five services, NATS, Redis and S3, with archive, signatures and durable acknowledgement; nobody watches. ffmpeg packages one stream from a file.',
    ],
  };
}
