import { setTimeout as delay } from 'node:timers/promises';
import { untilPlayable } from '../lib/bench-origin.mjs';
import { readCmafTrack } from '../lib/cmaf-file.mjs';
import { KeepAliveConnection } from '../lib/keep-alive-connection.mjs';
import { PacedSender } from '../lib/paced-sender.mjs';
import { listedSegments } from '../lib/listed-segments.mjs';
import { percentile } from '../lib/statistics.mjs';

const segmentMs = 1000;
const pollIntervalMs = 5;
// The first segments wait until the playlist's numbers are known.
const warmUpSegments = 4;
const segments = 46;
const quickSegments = 10;
const matchToleranceSec = 0.02;
const betweenStreamsMs = 100;

/**
 * `trigger`: the chunk that makes a segment appear, from the one that completes it on. Where every chunk can begin a segment, a segment is
 * known to be whole with its last chunk; else only the next one's first chunk shows it.
 */
const variants = [
  { file: 'video-gop.cmfv', trigger: 0, what: 'one chunk is the segment (1 s); from its own last byte' },
  {
    file: 'video-200.cmfv',
    trigger: 1,
    what: 'chunks of 200 ms; from the last byte of the chunk that opens the next segment',
  },
];

/** Polls a media playlist and notes when each segment is first listed. */
class PlaylistWatch {
  /** @type {Map<number, { atMs: number | undefined, endSec: number }>} by media sequence; `atMs`: undefined for what was there at the first look; `endSec`: media time */
  seen = new Map();
  #originMs;
  #stopped = false;
  #connection;
  #last;

  constructor(url) {
    this.url = new URL(url);
    this.#connection = new KeepAliveConnection({
      host: this.url.hostname,
      port: Number(this.url.port),
      keepBody: true,
    });
  }

  async run() {
    while (!this.#stopped) {
      const askedMs = performance.now();
      const { status, body } = await this.#connection.fetch(this.url.pathname);
      if (status !== 200) throw new Error(`${this.url.pathname}: 200 was expected, got ${status}`);
      this.#note(body, performance.now());
      await delay(Math.max(0, askedMs + pollIntervalMs - performance.now()));
    }
  }

  stop() {
    this.#stopped = true;
    this.#connection.close();
  }

  #note(body, atMs) {
    if (this.#last?.equals(body)) return;
    const isFirstLook = this.#last === undefined;
    this.#last = body;
    for (const { mediaSequence, startEpochMs, durationSec } of listedSegments(body.toString())) {
      if (this.seen.has(mediaSequence)) continue;
      this.#originMs ??= startEpochMs;
      this.seen.set(mediaSequence, {
        atMs: isFirstLook ? undefined : atMs,
        endSec: (startEpochMs - this.#originMs) / 1000 + durationSec,
      });
    }
  }
}

/** Delays of the segments that were first listed while the watch ran. */
function delaysOf({ watch, track, sentAtMs, trigger }) {
  const firstSec = track.chunks[0].startSec;
  return [...watch.seen.values()].flatMap(({ atMs, endSec }) => {
    if (atMs === undefined) return [];
    const completing = track.chunks.findIndex(
      (chunk) => Math.abs(chunk.endSec - firstSec - endSec) < matchToleranceSec,
    );
    if (completing === -1)
      throw new Error(`a chunk was expected that ends where a segment does, at ${endSec.toFixed(3)} s`);
    const sent = sentAtMs.get(completing + trigger);
    return sent === undefined ? [] : [atMs - sent];
  });
}

async function startStream({ origin, fixtures, quick, onEnd }, { file, trigger, what }, startMs) {
  const input = await origin.createInput({ segmentTargetMs: segmentMs });
  const whole = await readCmafTrack(fixtures.path(file));
  const endSec = whole.chunks[0].startSec + (quick ? quickSegments : segments) * (segmentMs / 1000);
  const track = { init: whole.init, chunks: whole.chunks.filter((chunk) => chunk.startSec <= endSec) };
  const sentAtMs = new Map();
  const sender = new PacedSender({
    ...input,
    name: 'v.cmfv',
    track,
    onSent: (index, atMs) => sentAtMs.set(index, atMs),
  });
  onEnd(() => sender.stop());
  const sending = sender.send(startMs);
  sending.catch(() => {});
  return { input, track, sentAtMs, sending, trigger, what };
}

async function measure({ onEnd }, stream) {
  const [list] = await Promise.race([
    untilPlayable(stream.input, { tracks: 1, segments: warmUpSegments }),
    stream.sending.then(() => []),
  ]);
  if (!list) throw new Error('the stream ended before its playlist had begun');
  const watch = new PlaylistWatch(list.url);
  onEnd(() => watch.stop());
  const watching = watch.run();
  watching.catch(() => {});
  await Promise.race([stream.sending, watching]);
  watch.stop();
  return { ...stream, watch };
}

function describe(streams) {
  const shares = [0.5, 0.95, 0.99];
  return streams.flatMap((stream) => {
    const delays = delaysOf(stream);
    if (delays.length === 0) throw new Error(`${stream.what}: no segment appeared`);
    const earliestMs = Math.min(...delays);
    if (earliestMs < 0)
      throw new Error(`${stream.what}: a segment was listed before it, at ${earliestMs.toFixed(1)} ms`);
    const values = shares.map((share) => percentile(delays, share));
    return [
      {
        what: `${stream.what} (${delays.length} segments): p50 / p95 / p99`,
        value: `${values.map((ms) => ms.toFixed(1)).join(' / ')} ms`,
      },
      {
        what: '— as a share of the segment',
        value: `${values.map((ms) => ((ms / segmentMs) * 100).toFixed(2)).join(' / ')} %`,
      },
    ];
  });
}

/** From a chunk's last byte at ingest's socket to the whole segment in the media playlist. @type {import('../lib/run-rows.mjs').Row} */
export const delayRow = {
  name: 'delay',
  title: 'Delay from ingest to the media playlist, segments of 1 s',
  limitMs: 80_000,
  async run(context) {
    const startMs = performance.now() + 500;
    const streams = await Promise.all(
      variants.map((variant, index) => startStream(context, variant, startMs + index * betweenStreamsMs)),
    );
    const measured = await Promise.all(streams.map((stream) => measure(context, stream)));
    return {
      measures: describe(measured),
      notes: [
        `From the moment the kernel took the chunk's last byte from the sender to the end of the first answer that lists the segment, asked for every ${pollIntervalMs} ms on a keep-alive connection: up to ${pollIntervalMs} ms of it is the asking. Both streams run at the same time.`,
      ],
    };
  },
};
