import { decodeHourBlob, encodeHourBlob, type SegmentEntry } from '#timeline';
import { blobOf, joinTags, rowsOf, tagOf } from './generations.ts';

const row = (mediaSequence: number, objectKey: string, sizeBytes = 10): SegmentEntry => ({
  trackId: 1,
  epoch: 0,
  mediaSequence,
  startEpochMs: 1_764_000_000_000 + mediaSequence * 2000,
  durationMs: 2000,
  discontinuitySequence: 0,
  initSha256: 'ab'.repeat(32),
  sizeBytes,
  sha256: 'cd'.repeat(32),
  objectKey,
  offsetBytes: 0,
});

describe('generations of an hour', () => {
  it('are united by track and media sequence, the newest writer first', () => {
    const generations = new Map([
      [1, encodeHourBlob([row(1, 'old'), row(2, 'old')])],
      [2, encodeHourBlob([row(2, 'new'), row(3, 'new')])],
    ]);
    expect(rowsOf(generations).map((entry) => entry.objectKey)).toEqual(['old', 'new', 'new']);
    expect(decodeHourBlob(blobOf(generations)?.bytes ?? Buffer.alloc(0))).toEqual(rowsOf(generations));
  });

  it('prefer a segment with bytes to a gap, whoever wrote it', () => {
    const generations = new Map([
      [1, encodeHourBlob([row(1, 'old'), row(2, 'old', 0)])],
      [2, encodeHourBlob([row(1, 'new', 0), row(2, 'new')])],
    ]);
    expect(rowsOf(generations).map((entry) => entry.objectKey)).toEqual(['old', 'new']);
  });

  it('are answered as they are when there is one writer, and not at all when there is none', () => {
    const bytes = encodeHourBlob([row(1, 'only')]);
    expect(blobOf(new Map([[1, bytes]]))).toEqual({ tag: tagOf(bytes), bytes });
    expect(blobOf(new Map())).toBeUndefined();
  });

  it('have a tag that does not depend on the order they were read in', () => {
    const tags: Array<[number, string]> = [
      [1, 'a'],
      [20, 'b'],
    ];
    expect(joinTags(new Map(tags))).toBe('b.a');
    expect(joinTags(new Map(tags.toReversed()))).toBe('b.a');
  });
});
