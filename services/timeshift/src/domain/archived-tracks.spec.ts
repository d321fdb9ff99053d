import type { SegmentToArchive } from './archive-object.ts';
import { lastSequences, lostRanges } from './archived-tracks.ts';

const segment = (trackId: number, mediaSequence: number, isLost: boolean): SegmentToArchive =>
  ({
    journalSequence: 1,
    closed: { trackId, mediaSequence },
    bytes: isLost ? undefined : Buffer.alloc(1),
  }) as SegmentToArchive;

describe('lostRanges', () => {
  it('joins neighbours of one track, whatever order the tracks came in', () => {
    const segments = [
      segment(2, 5, true),
      segment(1, 5, true),
      segment(2, 6, true),
      segment(1, 6, false),
      segment(2, 7, false),
      segment(1, 7, true),
      segment(2, 8, true),
    ];
    expect(lostRanges(segments)).toEqual([
      { trackId: 1, fromMediaSequence: 5, toMediaSequence: 5 },
      { trackId: 1, fromMediaSequence: 7, toMediaSequence: 7 },
      { trackId: 2, fromMediaSequence: 5, toMediaSequence: 6 },
      { trackId: 2, fromMediaSequence: 8, toMediaSequence: 8 },
    ]);
  });

  it('is empty when nothing is lost', () => {
    expect(lostRanges([segment(1, 0, false)])).toEqual([]);
  });
});

describe('lastSequences', () => {
  it('is the highest media sequence of each track', () => {
    const rows = [
      { trackId: 1, mediaSequence: 4 },
      { trackId: 2, mediaSequence: 0 },
      { trackId: 1, mediaSequence: 3 },
    ];
    expect([...lastSequences(rows)]).toEqual([
      [1, 4],
      [2, 0],
    ]);
  });
});
