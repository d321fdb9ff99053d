import { ticksToMs } from '#timeline';
import type { PresentationNumbers } from '#shared/contracts';
import type { MediaChunk, MediaEvent } from './media-event.ts';
import { choosePartTarget, type ChunkSpan } from './part-target.ts';

/** What configuration asks of a presentation. */
export interface PresentationWishes {
  readonly segmentTargetMs?: number | undefined;
  /** The part target nearest to this is taken. */
  readonly partTargetMs: number;
}

/** The numbers to freeze. `whyPlain` is a sentence when the chunks allow no Low-Latency HLS. */
export interface LearnedNumbers {
  readonly numbers: PresentationNumbers;
  readonly whyPlain?: string;
}

const DEFAULT_SEGMENT_TARGET_MS = 2000;
/** The tracks of one encoder begin within this much media. */
const LEAST_LEARNED_MS = 1000;
/** Media of one track after which a second keyframe is no longer waited for. */
const LEARN_LIMIT_MS = 4500;
const LEARN_LIMIT_EVENTS = 4000;
const LEARN_LIMIT_BYTES = 67_108_864;
/** The first chunk of audio is often shorter than those to come. */
const LEAST_AUDIO_CHUNKS = 3;
/** Room for the jitter of audio, which cannot be cut where the video is: at most 2.048 s where 2 s are meant. */
const JITTER_SEC = 0.1;
/** The share of the segment target after which a keyframe ends a segment. */
const SEGMENT_SHARE = 0.9;

/**
 * The numbers of a presentation from its first media (design decision 8), or undefined while more can be learned:
 * a segment is the whole number of GOPs nearest to 2 s (or to the configured target), a part some whole number of chunks near the wanted length.
 */
export function learnNumbers(events: readonly MediaEvent[], wishes: PresentationWishes): LearnedNumbers | undefined {
  const tracks = chunksByTrack(events);
  if (!isKnown(tracks) && !mustDecide(events, tracks)) return undefined;
  const longestChunkMs = Math.max(0, ...tracks.map(longestMs));
  const gopMs = Math.max(0, ...tracks.filter(isVideo).map((chunks) => firstGopMs(chunks) ?? 0));
  const segmentTargetMs = Math.max(wishes.segmentTargetMs ?? nearestMultiple(gopMs), longestChunkMs);
  const targetDurationSec = Math.max(1, Math.round(segmentTargetMs / 1000 + JITTER_SEC));
  const numbers = { segmentTargetMs, targetDurationSec };
  const timed = tracks.filter((chunks) => chunks[0]?.kind === 'video' || chunks[0]?.kind === 'audio');
  if (timed.length === 0) return { numbers };
  const limitMs = segmentTargetMs / 2;
  const segments = timed.map((chunks) => typicalSegment(chunks, numbers));
  const partTargetMs = choosePartTarget({ segments, wantedMs: wishes.partTargetMs, limitMs });
  return partTargetMs === undefined
    ? { numbers, whyPlain: sentenceOf(timed, limitMs) }
    : { numbers: { ...numbers, partTargetMs } };
}

function isKnown(tracks: readonly MediaChunk[][]): boolean {
  const videos = tracks.filter(isVideo);
  const audios = tracks.filter((chunks) => chunks[0]?.kind === 'audio');
  return (
    videos.some((chunks) => lengthMs(chunks) >= LEAST_LEARNED_MS) &&
    videos.every((chunks) => firstGopMs(chunks) !== undefined) &&
    audios.every((chunks) => chunks.length >= LEAST_AUDIO_CHUNKS)
  );
}

function chunksByTrack(events: readonly MediaEvent[]): MediaChunk[][] {
  const tracks = new Map<number, MediaChunk[]>();
  for (const event of events) {
    if (event.kind !== 'chunk') continue;
    const chunks = tracks.get(event.trackId);
    if (chunks === undefined) tracks.set(event.trackId, [event.chunk]);
    else chunks.push(event.chunk);
  }
  return [...tracks.values()];
}

function mustDecide(events: readonly MediaEvent[], tracks: readonly MediaChunk[][]): boolean {
  const last = events.at(-1);
  if (last?.kind === 'end' || last?.kind === 'silence') return true;
  if (events.length >= LEARN_LIMIT_EVENTS) return true;
  const sizeBytes = tracks.flat().reduce((sum, chunk) => sum + chunk.bytes.length, 0);
  return sizeBytes >= LEARN_LIMIT_BYTES || tracks.some((chunks) => lengthMs(chunks) >= LEARN_LIMIT_MS);
}

/** The chunks from the first keyframe to before the second one; undefined before that one is there. */
function firstGop(chunks: readonly MediaChunk[]): readonly MediaChunk[] | undefined {
  const first = chunks.findIndex((chunk) => chunk.independent);
  const second = chunks.findIndex((chunk, index) => index > first && chunk.independent);
  if (first < 0 || second < 0 || chunks[second]?.epoch !== chunks[first]?.epoch) return undefined;
  return chunks.slice(first, second + 1);
}

function firstGopMs(chunks: readonly MediaChunk[]): number | undefined {
  const gop = firstGop(chunks);
  const [first, next] = [gop?.[0], gop?.at(-1)];
  return first === undefined || next === undefined
    ? undefined
    : ticksToMs(next.decodeTimeTicks - first.decodeTimeTicks, first.timescale);
}

/** A segment as this track's will be: the first GOP as often as it takes, or what came so far of a track without a GOP. */
function typicalSegment(
  chunks: readonly MediaChunk[],
  { segmentTargetMs, targetDurationSec }: Pick<PresentationNumbers, 'segmentTargetMs' | 'targetDurationSec'>,
): readonly ChunkSpan[] {
  const [first] = chunks;
  const epoch = chunks.filter((chunk) => chunk.epoch === first?.epoch);
  const gop = isVideo(chunks) ? firstGop(chunks) : undefined;
  const [start, next] = [gop?.[0], gop?.at(-1)];
  if (gop === undefined || start === undefined || next === undefined) return epoch;
  const gopTicks = next.decodeTimeTicks - start.decodeTimeTicks;
  const gopMs = ticksToMs(gopTicks, start.timescale);
  if (gopMs <= 0) return epoch;
  const fitting = Math.floor((targetDurationSec * 1000 + 500) / gopMs);
  const count = Math.max(1, Math.min(Math.ceil((SEGMENT_SHARE * segmentTargetMs) / gopMs), fitting));
  return Array.from({ length: count }, (_, index) =>
    gop.slice(0, -1).map(({ decodeTimeTicks, durationTicks, timescale, independent }) => ({
      decodeTimeTicks: decodeTimeTicks + BigInt(index) * gopTicks,
      durationTicks,
      timescale,
      independent,
    })),
  ).flat();
}

function sentenceOf(tracks: readonly MediaChunk[][], limitMs: number): string {
  const lengths = tracks.map((chunks) => {
    const all = chunks.map(durationMs);
    return `track ${chunks[0]?.trackId} ${chunks[0]?.kind} ${Math.min(...all)} to ${Math.max(...all)} ms`;
  });
  return `expected chunks that make parts of one length up to ${limitMs} ms, got ${lengths.join(', ')}: served without Low-Latency HLS`;
}

function nearestMultiple(gopMs: number): number {
  if (gopMs <= 0) return DEFAULT_SEGMENT_TARGET_MS;
  return roundUs(gopMs * Math.max(1, Math.round(DEFAULT_SEGMENT_TARGET_MS / gopMs)));
}

const isVideo = (chunks: readonly MediaChunk[]): boolean => chunks[0]?.kind === 'video';

const durationMs = (chunk: MediaChunk): number => ticksToMs(chunk.durationTicks, chunk.timescale);

const lengthMs = (chunks: readonly MediaChunk[]): number => chunks.reduce((sum, chunk) => sum + durationMs(chunk), 0);

const longestMs = (chunks: readonly MediaChunk[]): number => Math.max(0, ...chunks.map(durationMs));

const roundUs = (ms: number): number => Math.round(ms * 1000) / 1000;
