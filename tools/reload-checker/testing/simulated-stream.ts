import { madeChunk, madeInit } from './made-media.ts';

/** A live stream that is a function of time alone: three renditions, a discontinuity with a new init, a gap, date ranges, an end. */
export const STREAM = {
  targetSec: 2,
  partSec: 0.5,
  partsPerSegment: 4,
  segmentMs: 2000,
  partMs: 500,
  windowSegments: 14,
  skipUntilSec: 12,
  /** Media sequence of the segment at time 0. */
  firstMediaSequence: 100,
  /** Wall clock of time 0. */
  epochMs: Date.UTC(2026, 0, 1),
  /** The segment, counted from time 0, that begins the second discontinuity. */
  brokenAt: 38,
  /** The segment that `low` lost. */
  gapAt: 34,
  dateRangeEveryMs: 8000,
  dateRangeMs: 3000,
} as const;

/** A rendition of the stream. */
export interface SimulatedRendition {
  readonly name: string;
  readonly sampleEntry: string;
  readonly timescale: number;
  readonly video: boolean;
}

export const RENDITIONS: readonly SimulatedRendition[] = [
  { name: 'high', sampleEntry: 'avc1', timescale: 90_000, video: true },
  { name: 'low', sampleEntry: 'avc1', timescale: 90_000, video: true },
  { name: 'sound', sampleEntry: 'mp4a', timescale: 48_000, video: false },
];

/** How far the stream is at a time: whole segments, and parts of the next. */
export interface Reach {
  readonly segments: number;
  readonly parts: number;
}

/** The reach at `nowMs` of a stream that ends at `endMs`. */
export function reachAt(nowMs: number, endMs: number): Reach {
  const mediaMs = Math.min(nowMs, endMs);
  const segments = Math.floor(mediaMs / STREAM.segmentMs);
  return { segments, parts: Math.floor((mediaMs - segments * STREAM.segmentMs) / STREAM.partMs) };
}

/** When the stream first has what is asked: part `part` of segment `index`, or without it the whole segment. */
export function readyAtMs(index: number, part?: number): number {
  if (part === undefined) return (index + 1) * STREAM.segmentMs;
  const beyond = part >= STREAM.partsPerSegment;
  return beyond
    ? (index + 1) * STREAM.segmentMs + STREAM.partMs
    : index * STREAM.segmentMs + (part + 1) * STREAM.partMs;
}

export const discontinuityOf = (index: number): number => (index >= STREAM.brokenAt ? 1 : 0);
export const isGap = (name: string, index: number): boolean => name === 'low' && index === STREAM.gapAt;
export const initUri = (name: string, index: number): string => `${name}/init-${discontinuityOf(index)}.mp4`;

/** An initialization segment of a rendition. */
export const initBytes = ({ sampleEntry, timescale }: SimulatedRendition): Buffer =>
  madeInit({ sampleEntry, timescale });

/** The bytes of one part; media timestamps start again at the discontinuity. */
export function partBytes(rendition: SimulatedRendition, index: number, part: number): Buffer {
  const sinceMs =
    index * STREAM.segmentMs + part * STREAM.partMs - discontinuityOf(index) * STREAM.brokenAt * STREAM.segmentMs;
  return madeChunk({
    decodeTimeTicks: BigInt((sinceMs / 1000) * rendition.timescale),
    independent: !rendition.video || part === 0,
    payload: `${rendition.name} ${index} ${part}`,
  });
}

/** The bytes of one segment. */
export function segmentBytes(rendition: SimulatedRendition, index: number): Buffer {
  const parts = Array.from({ length: STREAM.partsPerSegment }, (_, part) => partBytes(rendition, index, part));
  return Buffer.concat(parts);
}

/** A marker of the stream. */
export interface SimulatedRange {
  readonly id: string;
  readonly startMs: number;
}

/** Markers that reach into the window at a time and have begun. */
export function rangesAt(reach: Reach): { listed: SimulatedRange[]; removed: SimulatedRange[] } {
  const windowStartMs = (reach.segments - STREAM.windowSegments) * STREAM.segmentMs;
  const windowEndMs = reach.segments * STREAM.segmentMs;
  const begun = Array.from({ length: Math.floor(windowEndMs / STREAM.dateRangeEveryMs) + 1 }, (_, index) => ({
    id: `marker-${index}`,
    startMs: index * STREAM.dateRangeEveryMs,
  }));
  return {
    listed: begun.filter(({ startMs }) => startMs + STREAM.dateRangeMs > windowStartMs),
    removed: begun.filter(
      ({ startMs }) =>
        startMs + STREAM.dateRangeMs <= windowStartMs && startMs + STREAM.dateRangeMs > windowStartMs - 30_000,
    ),
  };
}
