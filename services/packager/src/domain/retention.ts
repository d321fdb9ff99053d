import type { WindowSegment } from '#shared/contracts';

/** How long a segment stays in a window. */
export interface RetentionRules {
  /** A segment this young stays, archived or not. */
  readonly keepMs: number;
  /** A segment this old leaves, archived or not. */
  readonly boundMs: number;
  /** Highest media sequence that the archive holds durably, -1 when none. */
  readonly archivedThrough: number;
}

const MAX_SEGMENTS = 2000;

/**
 * The oldest media sequence that stays in a window whose newest segment is the last one given.
 * Ages are media time before the end of the newest segment, so that an input at rest keeps what it has.
 */
export function firstKept(segments: readonly WindowSegment[], rules: RetentionRules): number {
  const newest = segments.at(-1);
  if (newest === undefined) return 0;
  const endMs = newest.startEpochMs + newest.durationMs;
  const leaves = (segment: WindowSegment, index: number): boolean => {
    const ageMs = endMs - (segment.startEpochMs + segment.durationMs);
    const isArchived = segment.mediaSequence <= rules.archivedThrough;
    return ageMs > rules.boundMs || (ageMs > rules.keepMs && isArchived) || segments.length - index > MAX_SEGMENTS;
  };
  const first = segments.find((segment, index) => !leaves(segment, index));
  return first?.mediaSequence ?? newest.mediaSequence;
}
