import type { SegmentClosed } from '#shared/contracts';

/** When a batch becomes an object. */
export interface BatchLimits {
  readonly flushIntervalMs: number;
  readonly maxBytes: number;
}

/**
 * Starts of segments in one object lie within this much wall clock.
 * Retention relies on it: the start of the first one, in the key, tells when all of them are over.
 */
export const OBJECT_SPAN_MS = 10 * 60_000;

/** A journal record that waits to be archived. */
export interface PendingSegment {
  readonly journalSequence: number;
  readonly closed: SegmentClosed;
}

/** Segments of one input on their way into one archive object. Holds records, not media. */
export class SegmentBatch {
  readonly inputId: string;
  readonly openedAtMs: number;
  readonly #segments: PendingSegment[] = [];
  #sizeBytes = 0;
  #firstStartMs = Infinity;
  #lastStartMs = -Infinity;

  constructor(inputId: string, openedAtMs: number) {
    this.inputId = inputId;
    this.openedAtMs = openedAtMs;
  }

  get segments(): readonly PendingSegment[] {
    return this.#segments;
  }

  get firstStartMs(): number {
    return this.#firstStartMs;
  }

  get firstJournalSequence(): number {
    return this.#segments[0]?.journalSequence ?? Infinity;
  }

  get lastJournalSequence(): number {
    return this.#segments.at(-1)?.journalSequence ?? 0;
  }

  add(segment: PendingSegment): void {
    this.#segments.push(segment);
    this.#sizeBytes += segment.closed.sizeBytes;
    this.#firstStartMs = Math.min(this.#firstStartMs, segment.closed.startEpochMs);
    this.#lastStartMs = Math.max(this.#lastStartMs, segment.closed.startEpochMs);
  }

  /** Whether this segment may join: an object keeps its bounds of size and time. */
  hasRoomFor(closed: SegmentClosed, limits: BatchLimits): boolean {
    if (this.#segments.length === 0) return true;
    const spanMs = Math.max(this.#lastStartMs, closed.startEpochMs) - Math.min(this.#firstStartMs, closed.startEpochMs);
    return this.#sizeBytes + closed.sizeBytes <= limits.maxBytes && spanMs <= OBJECT_SPAN_MS;
  }

  /** Whether it is time to write the object. */
  isDue(nowMs: number, limits: BatchLimits): boolean {
    return this.#sizeBytes >= limits.maxBytes || nowMs - this.openedAtMs >= limits.flushIntervalMs;
  }
}
