import type { SegmentEntry } from '#timeline';
import type { SegmentToArchive } from './archive-object.ts';

/** A run of media sequences of one track. */
export interface SequenceRange {
  readonly trackId: number;
  readonly fromMediaSequence: number;
  readonly toMediaSequence: number;
}

/** The highest media sequence of each track. */
export function lastSequences(
  rows: ReadonlyArray<Pick<SegmentEntry, 'trackId' | 'mediaSequence'>>,
): Map<number, number> {
  const last = new Map<number, number>();
  for (const { trackId, mediaSequence } of rows)
    last.set(trackId, Math.max(last.get(trackId) ?? mediaSequence, mediaSequence));
  return last;
}

/** Segments without bytes, as unbroken runs per track. */
export function lostRanges(segments: readonly SegmentToArchive[]): SequenceRange[] {
  const ranges: SequenceRange[] = [];
  const lost = segments.filter((segment) => segment.bytes === undefined).map((segment) => segment.closed);
  for (const { trackId, mediaSequence } of lost.toSorted(byTrackAndSequence)) {
    const last = ranges.at(-1);
    if (last?.trackId === trackId && last.toMediaSequence + 1 === mediaSequence)
      ranges[ranges.length - 1] = { ...last, toMediaSequence: mediaSequence };
    else ranges.push({ trackId, fromMediaSequence: mediaSequence, toMediaSequence: mediaSequence });
  }
  return ranges;
}

const byTrackAndSequence = (
  a: { trackId: number; mediaSequence: number },
  b: { trackId: number; mediaSequence: number },
): number => a.trackId - b.trackId || a.mediaSequence - b.mediaSequence;
