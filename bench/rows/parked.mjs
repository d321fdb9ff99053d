import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { partMs, startHeavyStreams } from '../lib/heavy-streams.mjs';
import { percentile } from '../lib/statistics.mjs';

const parkedClient = fileURLToPath(new URL('../parked-client.mjs', import.meta.url));
const viewers = 2000;
const rounds = 10;
const quickRounds = 2;
const rehearsal = { viewers: 50, rounds: 5 };
const matchToleranceMs = 20;
const goals = { share: 0.3, kb: 8 };

/** @typedef {import('../parked-client.mjs').ParkedRound} ParkedRound */

/** Resident memory of a process, KB. @param {number} pid */
async function residentKb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Runs the viewers and yields what each round brought, with the memory of playback while everybody waited or had just been answered. */
async function* park(plan, { playback, onEnd }) {
  const child = spawn(process.execPath, [parkedClient, JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'pipe'] });
  onEnd(() => child.kill('SIGKILL'));
  let fault = '';
  child.stderr.on('data', (bytes) => (fault += bytes));
  for await (const line of createInterface({ input: child.stdout })) {
    /** @type {ParkedRound} */
    const round = JSON.parse(line);
    yield { ...round, residentKb: await residentKb(playback) };
  }
  if (fault !== '') throw new Error(`viewers: ${fault.trim()}`);
}

/** When the last byte of the part that ends there went to ingest, ms since 1970. */
function sentAtOf({ chunkEndMs, sentAtMs }, endMs) {
  const chunk = chunkEndMs.findIndex((one) => Math.abs(one - endMs) < matchToleranceMs);
  const atMs = sentAtMs.get(chunk);
  if (atMs === undefined)
    throw new Error(`a chunk was expected that ends where a part does, at ${endMs.toFixed(0)} ms`);
  return performance.timeOrigin + atMs;
}

/** Everybody of one part comes at once, and goes at once. @type {import('../lib/run-rows.mjs').Row} */
export const parkedRow = {
  name: 'parked',
  title: `${viewers} viewers parked on one blocked playlist, released at once, ${rounds} rounds, parts of ${partMs} ms`,
  limitMs: 90_000,
  async run(context) {
    const playback = context.origin.groupOf('playback');
    const [stream] = await startHeavyStreams(context, 1);
    if (stream === undefined) throw new Error('a stream was expected, there is none');
    const plan = { listUrl: stream.listUrl, viewers, rounds: context.quick ? quickRounds : rounds };
    // What the code itself takes, once for all viewers, is not theirs.
    for await (const _round of park({ ...plan, ...rehearsal }, { playback, onEnd: context.onEnd }));
    const before = await residentKb(playback);
    const found = [];
    for await (const { endMs, answeredAtMs, residentKb: during } of park(plan, { playback, onEnd: context.onEnd })) {
      const sentMs = sentAtOf(stream, endMs);
      const delays = answeredAtMs.map((atMs) => atMs - sentMs);
      found.push({
        p50: percentile(delays, 0.5),
        p99: percentile(delays, 0.99),
        kbPerViewer: (during - before) / viewers,
      });
    }
    if (found.length !== plan.rounds) throw new Error(`${plan.rounds} rounds were expected, got ${found.length}`);
    return describe(found);
  },
};

function describe(found) {
  // Latency tails as best of five runs (performance.md, rules of a bench): the rounds are the runs.
  const p99s = found.map(({ p99 }) => p99);
  const best = Math.min(...p99s);
  const kb = found.map(({ kbPerViewer }) => kbPerViewer);
  const last = kb.at(-1) ?? NaN;
  return {
    measures: [
      { what: 'p50 of all answers, by round', value: `${found.map(({ p50 }) => p50.toFixed(0)).join(' ')} ms` },
      { what: 'p99 of all answers, by round', value: `${p99s.map((ms) => ms.toFixed(0)).join(' ')} ms` },
      {
        what: '— best of the rounds, as a share of the part',
        value: (best / partMs).toFixed(2),
        goal: `≤ ${goals.share}`,
        met: best / partMs <= goals.share,
      },
      {
        what: 'growth of playback for each viewer, by round',
        value: `${kb.map((one) => one.toFixed(1)).join(' ')} KB`,
        goal: `≤ ${goals.kb} KB, flat`,
        met: Math.max(...kb) <= goals.kb && last <= (kb[0] ?? NaN) * 1.2,
      },
    ],
    notes: [
      'From the last byte of the part at ingest to the last byte of the answer at each viewer; the 2,000 connections are one process on the same two cores. Growth is resident memory against that before anybody came, connections included; what the stream itself adds meanwhile counts too.',
    ],
  };
}
