import { setTimeout as sleep } from 'node:timers/promises';
import { chunksOf, decodeTimeOf, initOf, sha256, timescaleOf } from './cmaf-walk.ts';
import { encodeFile } from './encode-file.ts';

/** A chunk that an ingest has answered 200 for. */
export interface SentChunk {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** When its 200 came, ms of `performance.now()`. */
  readonly acceptedAtMs: number;
}

/** One track as it is sent: whole files, a chunk each. */
export interface EncodedTrack {
  readonly name: string;
  readonly init: Buffer;
  readonly chunks: readonly Buffer[];
  /** When each chunk is complete, ms after the first sample. */
  readonly dueMs: readonly number[];
}

/** An encoder that sends a file for each chunk, keeps what was not accepted and goes to the other ingest when one fails (DASH-IF ingest, interface 1). */
export interface FileEncoder {
  /** What was accepted so far, by track name, in order. */
  readonly accepted: ReadonlyMap<string, readonly SentChunk[]>;
  /** Requests that an ingest did not answer with 200. */
  readonly refusals: readonly string[];
  /** Sends no further chunk; resolves when those on their way are accepted, and rejects as {@link done} does. */
  finish(): Promise<void>;
  /** Rejects when the media came to its end, or when a chunk was not accepted for 45 s. */
  readonly done: Promise<void>;
}

const REQUEST_MS = 5000;
const RETRY_MS = 250;
const PATIENCE_MS = 45_000;
const CHUNK_MS = 200;

/** Video with a keyframe each second and AAC, in chunks of 200 ms. */
export async function encodeTracks(durationSec: number): Promise<EncodedTrack[]> {
  const [video, audio] = await Promise.all([
    encodeFile({ durationSec, video: true, chunkMs: CHUNK_MS }),
    encodeFile({ durationSec, audio: 'aac', chunkMs: CHUNK_MS }),
  ]);
  return [trackOf('v90', video), trackOf('a64', audio)];
}

function trackOf(name: string, stream: Buffer): EncodedTrack {
  const init = initOf(stream);
  const chunks = chunksOf(stream);
  const timescale = timescaleOf(init);
  const startsMs = chunks.map((chunk) => (Number(decodeTimeOf(chunk)) * 1000) / timescale);
  const dueMs = startsMs.map((startMs, index) => startsMs[index + 1] ?? startMs + CHUNK_MS);
  return { name, init, chunks, dueMs };
}

/** Pushes in real time to the first of these publishing points that accepts, without a key in the URL. */
export function startFileEncoder(
  points: readonly string[],
  streamKey: string,
  tracks: readonly EncodedTrack[],
): FileEncoder {
  const accepted = new Map<string, SentChunk[]>(tracks.map(({ name }) => [name, []]));
  const refusals: string[] = [];
  const stopping = new AbortController();
  const startedMs = performance.now();
  let preferred = 0;

  const sendOnce = async (file: string, bytes: Buffer): Promise<boolean> => {
    const answer = await fetch(`${points[preferred % points.length]}/${file}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${streamKey}`, 'content-type': 'video/mp4' },
      body: new Uint8Array(bytes),
      signal: AbortSignal.timeout(REQUEST_MS),
    }).then(
      async (response) => `${response.status} ${await response.text()}`,
      (error: unknown) => String(error),
    );
    if (answer.startsWith('200')) return true;
    refusals.push(`${file} to ${preferred % points.length}: ${answer}`);
    return false;
  };
  const send = async (file: string, bytes: Buffer): Promise<void> => {
    const giveUpMs = performance.now() + PATIENCE_MS;
    for (let asked = preferred; !(await sendOnce(file, bytes)); asked = preferred) {
      if (performance.now() > giveUpMs)
        throw new Error(`${file} was not accepted in ${PATIENCE_MS} ms: ${refusals.at(-1)}`);
      // Tracks fail side by side: only the first of them leaves the ingest that failed.
      if (preferred === asked) preferred += 1;
      await sleep(RETRY_MS);
    }
  };
  const sendTrack = async ({ name, init, chunks, dueMs }: EncodedTrack): Promise<void> => {
    await send(`init-${name}.mp4`, init);
    for (const [index, chunk] of chunks.entries()) {
      const waitMs = startedMs + dueMs[index]! - performance.now();
      if (waitMs > 0) await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      await send(`seg-${name}-${String(index + 1).padStart(5, '0')}.m4s`, chunk);
      accepted.get(name)?.push({ sha256: sha256(chunk), sizeBytes: chunk.length, acceptedAtMs: performance.now() });
    }
    throw new Error(`track ${name}: its ${chunks.length} chunks are all sent, and the test still goes on`);
  };
  const done = Promise.all(tracks.map(sendTrack)).then(() => undefined);
  // Raised where the encoder is finished.
  done.catch(() => undefined);
  return {
    accepted,
    refusals,
    done,
    finish: () => {
      stopping.abort();
      return done;
    },
  };
}
