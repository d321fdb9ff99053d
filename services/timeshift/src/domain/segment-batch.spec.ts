import type { SegmentClosed } from '#shared/contracts';
import { OBJECT_SPAN_MS, SegmentBatch } from './segment-batch.ts';

const limits = { flushIntervalMs: 60_000, maxBytes: 1000 };
const segment = (startEpochMs: number, sizeBytes: number): SegmentClosed =>
  ({ startEpochMs, sizeBytes, trackId: 1, mediaSequence: 0 }) as SegmentClosed;

const batchOf = (...segments: SegmentClosed[]): SegmentBatch => {
  const batch = new SegmentBatch('li_abcdefgh', 5000);
  for (const [index, closed] of segments.entries()) batch.add({ journalSequence: 10 + index, closed });
  return batch;
};

describe('SegmentBatch', () => {
  it('is due when the interval since it was opened is over', () => {
    const batch = batchOf(segment(0, 1));
    expect(batch.isDue(64_999, limits)).toBe(false);
    expect(batch.isDue(65_000, limits)).toBe(true);
  });

  it('is due when it has the bytes of a whole object', () => {
    expect(batchOf(segment(0, 999)).isDue(5000, limits)).toBe(false);
    expect(batchOf(segment(0, 999), segment(0, 1)).isDue(5000, limits)).toBe(true);
  });

  it('has no room beyond its bytes, but always for one segment', () => {
    expect(batchOf(segment(0, 600)).hasRoomFor(segment(0, 400), limits)).toBe(true);
    expect(batchOf(segment(0, 600)).hasRoomFor(segment(0, 401), limits)).toBe(false);
    expect(batchOf().hasRoomFor(segment(0, 5000), limits)).toBe(true);
  });

  it('has no room for a start too far before or after the others', () => {
    const batch = batchOf(segment(1_000_000, 1), segment(1_002_000, 1));
    expect(batch.hasRoomFor(segment(1_000_000 + OBJECT_SPAN_MS, 1), limits)).toBe(true);
    expect(batch.hasRoomFor(segment(1_000_001 + OBJECT_SPAN_MS, 1), limits)).toBe(false);
    expect(batch.hasRoomFor(segment(1_001_999 - OBJECT_SPAN_MS, 1), limits)).toBe(false);
  });

  it('knows its earliest start and its journal range', () => {
    const batch = batchOf(segment(7000, 1), segment(5000, 1), segment(9000, 1));
    expect(batch.firstStartMs).toBe(5000);
    expect([batch.firstJournalSequence, batch.lastJournalSequence]).toEqual([10, 12]);
  });
});
