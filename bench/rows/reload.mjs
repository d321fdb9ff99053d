import { setTimeout as delay } from 'node:timers/promises';
import { beginMsOf, blockedPath, edgeOf } from '../lib/blocked-list.mjs';
import { heavyMbits, partMs, startHeavyStreams } from '../lib/heavy-streams.mjs';
import { KeepAliveConnection } from '../lib/keep-alive-connection.mjs';
import { percentile } from '../lib/statistics.mjs';

const streamCount = 16;
const settleMs = 4000;
const measureMs = 30_000;
const quickMs = 6000;
const matchToleranceMs = 20;
/** A follower that falls behind sees several parts in one answer: fewer than this share of the answers is another measurement. */
const leastAnswered = 0.75;
const goals = { p50: 2.5, p99: 10 };

/** Follows one list part by part and notes when each answer was whole. */
class PartFollower {
  /** @type {{ endMs: number, atMs: number }[]} `endMs`: media time from the start of the stream */
  answers = [];
  #stopped = false;
  #connection;

  constructor(stream) {
    this.stream = stream;
    this.url = new URL(stream.listUrl);
    const { hostname, port } = this.url;
    this.#connection = new KeepAliveConnection({ host: hostname, port: Number(port), keepBody: true });
  }

  async run() {
    let text = await this.#ask(this.url.pathname);
    const beginMs = beginMsOf(text);
    while (!this.#stopped) {
      text = await this.#ask(blockedPath(this.url.pathname, edgeOf(text).next));
      this.answers.push({ endMs: edgeOf(text).endMs - beginMs, atMs: performance.now() });
    }
  }

  stop() {
    this.#stopped = true;
    this.#connection.close();
  }

  async #ask(path) {
    const { status, body } = await this.#connection.fetch(path);
    if (status !== 200 || body === undefined) throw new Error(`${path}: 200 was expected, got ${status} ${body}`);
    return body.toString();
  }
}

/** From the last byte of the chunk that made a part whole to the whole answer that lists it. */
function delaysOf({ stream, answers }, fromMs) {
  return answers.flatMap(({ endMs, atMs }) => {
    if (atMs < fromMs) return [];
    const chunk = stream.chunkEndMs.findIndex((chunkEndMs) => Math.abs(chunkEndMs - endMs) < matchToleranceMs);
    const sentMs = stream.sentAtMs.get(chunk);
    if (sentMs === undefined)
      throw new Error(`a chunk was expected that ends where a part does, at ${endMs.toFixed(0)} ms`);
    return [atMs - sentMs];
  });
}

/** Blocking reload under the load of many streams. @type {import('../lib/run-rows.mjs').Row} */
export const reloadRow = {
  name: 'reload',
  title: `Part's last byte at ingest to the blocked playlist fully received, ${streamCount} streams of ${heavyMbits} Mbit/s, parts of ${partMs} ms`,
  limitMs: 90_000,
  async run(context) {
    const streams = await startHeavyStreams(context, streamCount);
    const followers = streams.map((stream) => new PartFollower(stream));
    context.onEnd(() => followers.forEach((follower) => follower.stop()));
    const failures = [
      ...streams.map(({ failure }) => failure),
      ...followers.map((follower) => follower.run().then(() => new Promise(() => {}))),
    ];
    for (const failure of failures) failure.catch(() => {});
    await Promise.race([delay(settleMs), ...failures]);
    const fromMs = performance.now();
    const durationMs = context.quick ? quickMs : measureMs;
    await Promise.race([delay(durationMs), ...failures]);
    const delays = followers.flatMap((follower) => delaysOf(follower, fromMs));
    const expected = (streamCount * durationMs) / partMs;
    if (delays.length < expected * leastAnswered)
      throw new Error(`an answer for each of ${expected} parts was expected, got ${delays.length}`);
    return describe(delays);
  },
};

function describe(delays) {
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(delays, share));
  const share = (ms) => (ms / partMs) * 100;
  return {
    measures: [
      {
        what: `p50 / p95 / p99 of ${delays.length} parts`,
        value: `${[p50, p95, p99].map((ms) => ms.toFixed(1)).join(' / ')} ms`,
      },
      {
        what: '— p50 as a share of the part',
        value: `${share(p50).toFixed(2)} %`,
        goal: `≤ ${goals.p50} %`,
        met: share(p50) <= goals.p50,
      },
      {
        what: '— p99 as a share of the part',
        value: `${share(p99).toFixed(2)} %`,
        goal: `≤ ${goals.p99} %`,
        met: share(p99) <= goals.p99,
      },
    ],
    notes: [
      'Archive, signatures and durable acknowledgement are on; sender and viewers share the two cores with the origin. A viewer follows each stream as a low-latency player does.',
    ],
  };
}
