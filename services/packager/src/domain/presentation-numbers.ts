import { ticksToMs } from '#timeline';
import type { PresentationNumbers } from '#shared/contracts';
import type { MediaChunk, MediaEvent } from './media-event.ts';

const DEFAULT_SEGMENT_TARGET_MS = 2000;
const DEFAULT_PART_TARGET_MS = 500;
/** A chunk this share short of a part is a part: 0.48 s must not become 0.96 s. */
const PART_TOLERANCE = 0.15;
/** Media of one track after which a second keyframe is no longer waited for. */
const LEARN_LIMIT_MS = 4500;
const LEARN_LIMIT_EVENTS = 4000;
const LEARN_LIMIT_BYTES = 67_108_864;
/** Room for the jitter of audio, which cannot be cut where the video is: at most 2.048 s where 2 s are meant. */
const JITTER_SEC = 0.1;

/**
 * The numbers of a presentation from its first media (design decision 8), or undefined while more can be learned:
 * a segment is the whole number of GOPs nearest to 2 s (or to the configured target), a part the whole number of chunks next to 0.5 s.
 */
export function learnNumbers(
  events: readonly MediaEvent[],
  configuredTargetMs: number | undefined,
): PresentationNumbers | undefined {
  const tracks = chunksByTrack(events);
  const gops = tracks.filter((chunks) => chunks[0]?.kind === 'video').map(firstGopMs);
  const isKnown = gops.length > 0 && gops.every((gop) => gop !== undefined);
  if (!isKnown && !mustDecide(events, tracks)) return undefined;
  const longestChunkMs = Math.max(0, ...tracks.map(longestMs));
  const gopMs = Math.max(0, ...gops.map((gop) => gop ?? 0));
  const segmentTargetMs = Math.max(configuredTargetMs ?? nearestMultiple(gopMs), longestChunkMs);
  return {
    segmentTargetMs,
    targetDurationSec: Math.max(1, Math.round(segmentTargetMs / 1000 + JITTER_SEC)),
    partTargetMs: Math.max(0, ...tracks.map(partMs)) || DEFAULT_PART_TARGET_MS,
  };
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

function firstGopMs(chunks: readonly MediaChunk[]): number | undefined {
  const [first, second] = chunks.filter((chunk) => chunk.independent);
  return first === undefined || second === undefined || second.epoch !== first.epoch
    ? undefined
    : ticksToMs(second.decodeTimeTicks - first.decodeTimeTicks, first.timescale);
}

function nearestMultiple(gopMs: number): number {
  if (gopMs <= 0) return DEFAULT_SEGMENT_TARGET_MS;
  return roundUs(gopMs * Math.max(1, Math.round(DEFAULT_SEGMENT_TARGET_MS / gopMs)));
}

const durationMs = (chunk: MediaChunk): number => ticksToMs(chunk.durationTicks, chunk.timescale);

const lengthMs = (chunks: readonly MediaChunk[]): number => chunks.reduce((sum, chunk) => sum + durationMs(chunk), 0);

const longestMs = (chunks: readonly MediaChunk[]): number => Math.max(0, ...chunks.map(durationMs));

function partMs(chunks: readonly MediaChunk[]): number {
  const chunkMs = longestMs(chunks);
  return chunkMs <= 0 ? 0 : roundUs(chunkMs * Math.ceil(DEFAULT_PART_TARGET_MS / chunkMs - PART_TOLERANCE));
}

const roundUs = (ms: number): number => Math.round(ms * 1000) / 1000;
