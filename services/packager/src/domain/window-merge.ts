import type { SegmentClosed, TrackWindow, WindowPart, WindowSegment } from '#shared/contracts';
import { ticksToMs } from '#timeline';

/** Where the bytes of a part are in MEDIA, and where in the window. */
export interface PartPlace {
  readonly mediaSequence: number;
  readonly part: WindowPart;
}

/** One part of a journal record; its hash is that of its only chunk, or must be taken of the bytes. */
export interface RecordedPart extends Omit<WindowPart, 'sha256'> {
  readonly sha256: string | undefined;
}

/** The parts of a closed segment, from its journal record. */
export function partsOfRecord(record: SegmentClosed): RecordedPart[] {
  let next = 0;
  return record.partChunkCounts.map((count, partIndex) => {
    const chunks = record.chunks.slice(next, next + count);
    next += count;
    const durationTicks = chunks.reduce((sum, chunk) => sum + chunk.durationTicks, 0n);
    return {
      partIndex,
      durationMs: ticksToMs(durationTicks, record.timescale),
      independent: chunks.some((chunk) => chunk.independent),
      sizeBytes: chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0),
      chunks: chunks.map(({ streamSequence, sizeBytes, sha256 }) => ({ streamSequence, sizeBytes, sha256 })),
      sha256: chunks.length === 1 ? chunks[0]?.sha256 : undefined,
    };
  });
}

/** A closed segment as the window shows it, from its journal record and its parts. */
export function segmentOfRecord(record: SegmentClosed, parts: WindowPart[]): WindowSegment {
  const { mediaSequence, epoch, discontinuitySequence, startEpochMs, durationMs } = record;
  const { independent, initSha256, sizeBytes, sha256, chain, signature, gap, keyframes, markers, contentCredentials } =
    record;
  return {
    mediaSequence,
    epoch,
    discontinuitySequence,
    startEpochMs,
    durationMs,
    independent,
    initSha256,
    sizeBytes,
    ...(gap === undefined ? { sha256 } : { gap }),
    parts,
    chain,
    ...(keyframes === undefined ? {} : { keyframes }),
    ...(markers === undefined ? {} : { markers }),
    ...(contentCredentials === undefined ? {} : { contentCredentials }),
    ...(signature === undefined ? {} : { signature }),
  };
}

/** The longest run of segments without a hole that ends with the last one. */
export function contiguousTail(segments: readonly WindowSegment[]): WindowSegment[] {
  const holeAfter = segments.findLastIndex((segment, index) => {
    const next = segments[index + 1];
    return next !== undefined && next.mediaSequence !== segment.mediaSequence + 1;
  });
  return segments.slice(holeAfter + 1);
}

/**
 * A window that was grown in memory, put on top of what was there before it.
 * An open segment that the former packager left is kept while this one has not yet got as far in it.
 */
export function mergeWindow(before: Pick<TrackWindow, 'segments' | 'open'>, grown: TrackWindow): TrackWindow {
  const firstGrown = grown.segments[0]?.mediaSequence ?? Infinity;
  const older = before.segments.filter((segment) => segment.mediaSequence < firstGrown);
  const segments = contiguousTail([...older, ...grown.segments]);
  return { ...grown, segments, open: furtherOpen(before.open, grown.open, segments.at(-1)?.mediaSequence) };
}

function furtherOpen(
  before: WindowSegment | null,
  grown: WindowSegment | null,
  lastClosed: number | undefined,
): WindowSegment | null {
  if (before === null || (lastClosed !== undefined && before.mediaSequence <= lastClosed)) return grown;
  if (grown === null) return before;
  const isSame = before.mediaSequence === grown.mediaSequence && before.epoch === grown.epoch;
  return isSame && before.parts.length > grown.parts.length ? before : grown;
}

/** Every part of a window, oldest first. */
export function partPlaces(window: Pick<TrackWindow, 'segments' | 'open'>): PartPlace[] {
  const segments = window.open === null ? window.segments : [...window.segments, window.open];
  return segments.flatMap((segment) => segment.parts.map((part) => ({ mediaSequence: segment.mediaSequence, part })));
}

/** Names a part within a track. */
export const partKey = ({ mediaSequence, part }: PartPlace): string =>
  `${mediaSequence}:${part.partIndex}:${part.sha256}`;

/** A window without the segments up to this one, whose bytes are lost. */
export function withoutThrough(window: TrackWindow, mediaSequence: number): TrackWindow {
  const { open } = window;
  return {
    ...window,
    segments: window.segments.filter((segment) => segment.mediaSequence > mediaSequence),
    open: open !== null && open.mediaSequence <= mediaSequence ? null : open,
  };
}
