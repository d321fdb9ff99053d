import { ticksToMs } from '#timeline';
import type { MediaChunk } from './media-event.ts';
import { isTooLong, isTooShort, isUnderLeastShare, isWhole, type PartLength } from './part-cut.ts';

/** Where a chunk lies in its track. */
export type ChunkSpan = Pick<MediaChunk, 'decodeTimeTicks' | 'durationTicks' | 'timescale' | 'independent'>;

/** What is asked of a part target. `segments`: a typical segment of each track, whose last part may be of any length. */
export interface PartTargetWish {
  readonly segments: ReadonlyArray<readonly ChunkSpan[]>;
  readonly wantedMs: number;
  /** Half a segment at most, else parts would gain nothing. */
  readonly limitMs: number;
}

/** Chunks of one track within this of each other count as equally long: rounding to the timescale. */
const EVEN_MS = 1;
/** Chunks that are a small share of a part are made up for by more or fewer of them. */
const SMALL_SHARE = 0.15;
/** Room for a part that turns out longer than any seen. */
const MAX_HEADROOM_SHARE = 0.05;
/** Chunks of a segment from which candidates are taken. */
const MAX_STARTS = 512;

interface Rule {
  readonly needsHeadroom: boolean;
  /** Also parts with a keyframe, which the clause excuses, are nearly as long as the target. */
  readonly isEven: boolean;
}

// The first rule that any target keeps decides: an even stream is better than a length that is nearer to the wanted one.
const RULES: readonly Rule[] = [
  { needsHeadroom: true, isEven: true },
  { needsHeadroom: true, isEven: false },
  { needsHeadroom: false, isEven: false },
];

/**
 * The part target, whole ms, under which the cut of every segment given keeps the lengths that RFC 8216bis 4.4.4.9 demands, nearest to the wanted one;
 * undefined when there is none.
 */
export function choosePartTarget(wish: PartTargetWish): number | undefined {
  const segments = wish.segments.map(segmentOf);
  const candidates = candidatesOf(segments, wish);
  const isNear = (targetMs: number): boolean => 2 * Math.abs(targetMs - wish.wantedMs) <= wish.wantedMs;
  for (const rule of RULES) {
    const eligible = rule.isEven ? candidates.filter(isNear) : candidates;
    const found = eligible.find((targetMs) => keeps(segments, targetMs, rule));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The parts that a segment is cut into, as the segmenter does it. */
export function cutParts(segment: readonly ChunkSpan[], targetMs: number): PartLength[] {
  const parts: PartLength[] = [];
  let start: bigint | undefined;
  let part: PartLength | undefined;
  for (const { decodeTimeTicks, durationTicks, timescale, independent } of segment) {
    const endTicks = decodeTimeTicks + durationTicks;
    if (part !== undefined && isTooLong({ durationTicks: endTicks - (start ?? 0n), timescale }, targetMs)) {
      parts.push(part);
      part = undefined;
    }
    if (part === undefined) start = decodeTimeTicks;
    part = {
      durationTicks: endTicks - (start ?? decodeTimeTicks),
      timescale,
      independent: independent || (part?.independent ?? false),
    };
    if (!isWhole(part, durationTicks, targetMs)) continue;
    parts.push(part);
    part = undefined;
  }
  return part === undefined ? parts : [...parts, part];
}

interface Segment {
  readonly chunks: readonly ChunkSpan[];
  readonly longestMs: number;
  /** How much its chunks differ in length; 0 when that is only rounding. */
  readonly spreadMs: number;
}

function segmentOf(chunks: readonly ChunkSpan[]): Segment {
  return { chunks, longestMs: Math.max(0, ...chunks.map(durationMs)), spreadMs: spreadOf(chunks) };
}

function keeps(segments: readonly Segment[], targetMs: number, rule: Rule): boolean {
  const isShort = rule.isEven ? isUnderLeastShare : isTooShort;
  return segments.every((segment) =>
    cutParts(segment.chunks, targetMs).every(
      (part, index, parts) =>
        !isTooLong(part, targetMs) &&
        (index === parts.length - 1 || !isShort(part, targetMs)) &&
        (!rule.needsHeadroom || hasHeadroom(part, segment, targetMs)),
    ),
  );
}

function hasHeadroom(part: PartLength, { longestMs, spreadMs }: Segment, targetMs: number): boolean {
  if (longestMs <= SMALL_SHARE * targetMs) return true;
  return withHeadroom(ticksToMs(part.durationTicks, part.timescale), spreadMs) <= targetMs;
}

/** As much again as the chunks were seen to differ, within a bound. */
const withHeadroom = (ms: number, spreadMs: number): number =>
  Math.ceil(ms + Math.min(spreadMs, MAX_HEADROOM_SHARE * ms));

/** The wanted length, and each length of consecutive chunks with and without headroom; nearest to the wanted one first, the shorter of two. */
function candidatesOf(segments: readonly Segment[], { wantedMs, limitMs }: PartTargetWish): number[] {
  const lengths = new Set([wantedMs]);
  for (const { chunks, spreadMs } of segments) {
    for (const ms of runLengths(chunks, limitMs)) {
      lengths.add(Math.ceil(ms));
      lengths.add(withHeadroom(ms, spreadMs));
    }
  }
  const distance = (ms: number): number => Math.abs(ms - wantedMs);
  return [...lengths].filter((ms) => ms <= limitMs).toSorted((a, b) => distance(a) - distance(b) || a - b);
}

/** How long any number of consecutive chunks are, ms. */
function runLengths(chunks: readonly ChunkSpan[], limitMs: number): Set<number> {
  const lengths = new Set<number>();
  for (const [index, first] of chunks.slice(0, MAX_STARTS).entries()) {
    for (let at = index; at < chunks.length; at += 1) {
      const ms = spanMs(first, chunks[at] ?? first);
      if (ms > limitMs) break;
      lengths.add(ms);
    }
  }
  return lengths;
}

function spreadOf(chunks: readonly ChunkSpan[]): number {
  const isAllIndependent = chunks.every((chunk) => chunk.independent);
  // The last one before a keyframe is only as long as the GOP has room.
  const isRegular = (index: number): boolean => isAllIndependent || chunks[index + 1]?.independent === false;
  const regular = chunks.filter((_, index) => isRegular(index)).map(durationMs);
  const spreadMs = regular.length === 0 ? 0 : Math.max(...regular) - Math.min(...regular);
  return spreadMs <= EVEN_MS ? 0 : spreadMs;
}

const spanMs = (first: ChunkSpan, last: ChunkSpan): number =>
  ticksToMs(last.decodeTimeTicks + last.durationTicks - first.decodeTimeTicks, first.timescale);

const durationMs = (chunk: ChunkSpan): number => spanMs(chunk, chunk);
