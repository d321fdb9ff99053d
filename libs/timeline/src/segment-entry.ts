import { TimelineError } from './timeline-error.ts';

/** One segment of one track in the timeline index. A row without bytes (`sizeBytes` 0) is a gap row: media that was lost but keeps its number. */
export interface SegmentEntry {
  trackId: number;
  /** Number of the unbroken media timebase that the segment belongs to. */
  epoch: number;
  mediaSequence: number;
  /** Wall clock of the first sample, precise to the microsecond. */
  startEpochMs: number;
  /** Precise to the microsecond. */
  durationMs: number;
  discontinuitySequence: number;
  /** SHA-256 of the init segment, 64 lower-case hex digits. */
  initSha256: string;
  sizeBytes: number;
  /** SHA-256 of the segment's bytes, 64 lower-case hex digits. */
  sha256: string;
  /** The archive object that holds the segment, and where in it the segment begins. */
  objectKey: string;
  offsetBytes: number;
}

/** Microseconds in an hour. */
export const US_PER_HOUR = 3_600_000_000;

/** Hours since 1970 of an instant: the blob that a segment which starts then is indexed in. */
export function hourOf(startEpochMs: number): number {
  return Math.floor(epochUs(startEpochMs) / US_PER_HOUR);
}

/** Wall clock in whole microseconds, the precision of the index. Throws TimelineError when that is no safe integer. */
export function epochUs(epochMs: number): number {
  const us = Math.round(epochMs * 1000);
  if (Number.isSafeInteger(us) && us >= 0) return us;
  throw new TimelineError(`wall clock: expected milliseconds since 1970, got ${epochMs}`);
}

/** Where a segment ends on the wall clock, in milliseconds to the microsecond. */
export function endEpochMs(entry: SegmentEntry): number {
  return (epochUs(entry.startEpochMs) + Math.round(entry.durationMs * 1000)) / 1000;
}

/** Whether the entry is a gap row. */
export function isGap(entry: SegmentEntry): boolean {
  return entry.sizeBytes === 0;
}

/** The union by (trackId, mediaSequence), ascending: archive and live window across the seam. Where both hold a segment the entry of `archived` is taken. */
export function mergeEntries(archived: readonly SegmentEntry[], live: readonly SegmentEntry[]): SegmentEntry[] {
  // The sort is stable and the archive comes first, so the first of equals is the archive's.
  const merged: SegmentEntry[] = [];
  for (const entry of [...archived, ...live].toSorted(compareEntries)) {
    const last = merged.at(-1);
    if (last === undefined || compareEntries(last, entry) !== 0) merged.push(entry);
  }
  return merged;
}

function compareEntries(a: SegmentEntry, b: SegmentEntry): number {
  return a.trackId - b.trackId || a.mediaSequence - b.mediaSequence;
}
