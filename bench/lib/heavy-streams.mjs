import { untilPlayable } from './bench-origin.mjs';
import { readCmafTrack } from './cmaf-file.mjs';
import { PacedSender } from './paced-sender.mjs';

/** Length of a part and of a chunk of the heavy fixture, ms. */
export const partMs = 200;
/** What the heavy fixture carries, Mbit/s. */
export const heavyMbits = 6;
const segmentMs = 1000;
// Keyframes of different streams must not all come in the same instant.
const betweenStreamsMs = 61;

/**
 * A running stream of 6 Mbit/s in chunks of 200 ms.
 * @typedef {{ input: import('./bench-origin.mjs').BenchInput, listUrl: string, sentAtMs: Map<number, number>, chunkEndMs: number[], failure: Promise<any> }} HeavyStream
 * `sentAtMs`: when the kernel had the last byte of a chunk, by index; `chunkEndMs`: its end in media time from the start of the stream; `failure` rejects when the sending fails
 */

/** Starts `count` streams and waits until each can be played. @param {import('./run-rows.mjs').RowContext} context @param {number} count @returns {Promise<HeavyStream[]>} */
export async function startHeavyStreams({ origin, fixtures, onEnd }, count) {
  const track = await readCmafTrack(fixtures.path('heavy-200.cmfv'));
  const chunkEndMs = track.chunks.map(({ endSec }) => (endSec - track.chunks[0].startSec) * 1000);
  const startMs = performance.now() + 300;
  const streams = [];
  for (let index = 0; index < count; index += 1) {
    const input = await origin.createInput({ segmentTargetMs: segmentMs, partTargetMs: partMs });
    const sentAtMs = new Map();
    const onSent = (chunk, atMs) => sentAtMs.set(chunk, atMs);
    const sender = new PacedSender({ ...input, name: 'v.cmfv', track, onSent });
    onEnd(() => sender.stop());
    const failure = sender.send(startMs + index * betweenStreamsMs).then(() => new Promise(() => {}));
    // Awaited in the races of the rows; until then a refusal must not count as unhandled.
    failure.catch(() => {});
    streams.push({ input, sentAtMs, chunkEndMs, failure });
  }
  return Promise.all(
    streams.map(async (stream) => {
      const [list] = await Promise.race([untilPlayable(stream.input, { tracks: 1, segments: 2 }), stream.failure]);
      return { ...stream, listUrl: list.url };
    }),
  );
}
