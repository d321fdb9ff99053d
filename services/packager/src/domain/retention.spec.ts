import type { WindowSegment } from '#shared/contracts';
import { bitratesOf } from './bitrate.ts';
import { firstKept } from './retention.ts';

const segments = (count: number, sizeBytes = 1000): WindowSegment[] =>
  Array.from({ length: count }, (_, mediaSequence) => ({
    mediaSequence,
    epoch: 0,
    discontinuitySequence: 0,
    startEpochMs: 1_700_000_000_000 + mediaSequence * 2000,
    durationMs: 2000,
    independent: true,
    initSha256: 'ab'.repeat(32),
    sizeBytes,
    parts: [],
  }));

const rules = { keepMs: 180_000, boundMs: 600_000, archivedThrough: -1 };

describe('the segments of a window', () => {
  it('all stay while they are young', () => {
    expect(firstKept(segments(91), { ...rules, archivedThrough: 90 })).toBe(0);
  });

  it('leave once they are archived and older than the window keeps', () => {
    expect(firstKept(segments(120), { ...rules, archivedThrough: 119 })).toBe(29);
  });

  it('stay beyond that until the archive has them', () => {
    expect(firstKept(segments(120), { ...rules, archivedThrough: 10 })).toBe(11);
    expect(firstKept(segments(300), rules)).toBe(0);
  });

  it('leave after ten minutes even when nothing archives them', () => {
    expect(firstKept(segments(400), rules)).toBe(99);
  });

  it('are never more than a record in memory may hold', () => {
    const short = segments(2500).map((segment) => ({
      ...segment,
      startEpochMs: segment.mediaSequence * 100,
      durationMs: 100,
    }));
    expect(firstKept(short, rules)).toBe(500);
  });
});

describe('the bitrates of a track', () => {
  it('are those of its largest segment and of all together', () => {
    const window = [...segments(1, 1_000_000), ...segments(1, 500_000)];
    expect(bitratesOf(window, 2000, 0)).toEqual({ peakBitrate: 4_000_000, averageBitrate: 3_000_000 });
  });

  it('never fall at the peak', () => {
    expect(bitratesOf(segments(1), 2000, 9_000_000).peakBitrate).toBe(9_000_000);
  });

  it('take no peak from a segment shorter than half the target', () => {
    const [whole, short] = segments(2, 1_000_000);
    expect(bitratesOf([whole!, { ...short!, durationMs: 40 }], 2000, 0).peakBitrate).toBe(4_000_000);
    expect(bitratesOf([{ ...short!, durationMs: 500 }], 2000, 0).peakBitrate).toBe(16_000_000);
  });
});
