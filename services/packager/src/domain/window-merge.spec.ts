import { newSegmenter } from './segmenter.ts';
import { chunkOf, eventOf, NUMBERS, runEvents, WISHES } from '../../test/media.ts';
import type { TrackWindow, WindowSegment } from '#shared/contracts';
import { contiguousTail, mergeWindow, partsOfRecord, segmentOfRecord, withoutThrough } from './window-merge.ts';

const segment = (mediaSequence: number, parts = 1): WindowSegment => ({
  mediaSequence,
  epoch: 0,
  discontinuitySequence: 0,
  startEpochMs: mediaSequence * 2000,
  durationMs: 2000,
  independent: true,
  initSha256: 'ab'.repeat(32),
  sizeBytes: 3,
  parts: Array.from({ length: parts }, (_, partIndex) => ({
    partIndex,
    durationMs: 500,
    independent: true,
    sizeBytes: 3,
    sha256: 'cd'.repeat(32),
    chunks: [{ streamSequence: partIndex + 1, sizeBytes: 3, sha256: 'cd'.repeat(32) }],
  })),
});

const windowOf = (segments: WindowSegment[], open: WindowSegment | null): TrackWindow => ({
  inputId: 'li_windowmerge',
  fence: 2,
  revision: 5,
  track: { trackId: 1, name: '', kind: 'video', codec: 'avc1.64001f', timescale: 90_000, language: 'und' },
  numbers: NUMBERS,
  segments,
  open,
  lastAppendMs: 0,
  peakBitrate: 0,
  averageBitrate: 0,
  archivedThrough: -1,
});

const numbersOf = (segments: readonly WindowSegment[]): number[] => segments.map((one) => one.mediaSequence);

describe('a window merged with what was there before', () => {
  it('goes on after the older segments', () => {
    const merged = mergeWindow({ segments: [segment(3), segment(4)], open: null }, windowOf([segment(5)], segment(6)));
    expect(numbersOf(merged.segments)).toEqual([3, 4, 5]);
    expect(merged.open?.mediaSequence).toBe(6);
  });

  it('has no hole: what is before one is left out', () => {
    const merged = mergeWindow({ segments: [segment(1), segment(2)], open: null }, windowOf([segment(5)], null));
    expect(numbersOf(merged.segments)).toEqual([5]);
    expect(numbersOf(contiguousTail([segment(1), segment(3), segment(4)]))).toEqual([3, 4]);
  });

  it('keeps the open segment of the former packager until this one has come as far', () => {
    const before = { segments: [segment(4)], open: segment(5, 3) };
    expect(mergeWindow(before, windowOf([], null)).open?.parts).toHaveLength(3);
    expect(mergeWindow(before, windowOf([], segment(5, 2))).open?.parts).toHaveLength(3);
    expect(mergeWindow(before, windowOf([], segment(5, 4))).open?.parts).toHaveLength(4);
    expect(mergeWindow(before, windowOf([segment(5)], null)).open).toBeNull();
  });

  it('is left without the segments whose bytes are lost', () => {
    const left = withoutThrough(windowOf([segment(1), segment(2), segment(3)], segment(4)), 2);
    expect(numbersOf(left.segments)).toEqual([3]);
    expect(left.open?.mediaSequence).toBe(4);
  });
});

describe('a segment restored from its journal record', () => {
  it('is the one that the window had', () => {
    const chunks = Array.from({ length: 9 }, (_, index) =>
      chunkOf({ streamSequence: index + 1, startMs: index * 250, lengthMs: 250, independent: index % 8 === 0 }),
    );
    const { records, effects } = runEvents(newSegmenter(NUMBERS, WISHES), chunks.map(eventOf));
    const closed = effects.find((effect) => effect.kind === 'segment_closed')!;
    const parts = partsOfRecord(records[0]!);
    expect(parts.map((part) => part.sha256)).toEqual([undefined, undefined, undefined, undefined]);
    const hashed = parts.map((part, index) => ({ ...part, sha256: closed.segment.parts[index]!.sha256 }));
    expect(segmentOfRecord(records[0]!, hashed)).toEqual(closed.segment);
  });
});
