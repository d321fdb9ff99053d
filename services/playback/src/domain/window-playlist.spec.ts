import fc from 'fast-check';
import type { TrackWindow } from '#shared/contracts';
import { NOW_MS, segment, trackWindow } from '../../test/support/windows.ts';
import { broadcastWindow, isFinal, shownSegments } from './window-playlist.ts';

const numbersOf = (segments: ReadonlyArray<{ mediaSequence: number }>) => segments.map((item) => item.mediaSequence);

describe('a live list', () => {
  it('shows the newest 30 s of what the record keeps', () => {
    expect(numbersOf(shownSegments(trackWindow(1, [3, 40]), 30_000))).toEqual(
      Array.from({ length: 15 }, (_, i) => 26 + i),
    );
  });

  it('never moves its beginning back while segments are added and dropped', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ durationMs: fc.integer({ min: 300, max: 2400 }), kept: fc.integer({ min: 20, max: 40 }) }),
          { maxLength: 80 },
        ),
        (steps) => {
          let segments = [segment(0)];
          let first = 0;
          for (const { durationMs, kept } of steps) {
            segments = [...segments, segment((segments.at(-1)?.mediaSequence ?? 0) + 1, { durationMs })].slice(-kept);
            const shown = shownSegments(trackWindow(1, [0, -1], { segments }), 10_000);
            expect(shown[0]?.mediaSequence).toBeGreaterThanOrEqual(first);
            first = shown[0]?.mediaSequence ?? 0;
          }
        },
      ),
    );
  });
});

describe('the list of a broadcast', () => {
  const startOf = (mediaSequence: number): number => NOW_MS - 100_000 + mediaSequence * 2000;
  const rules = { nowMs: NOW_MS, reconnectWindowMs: 30_000, windowBoundMs: 600_000 };

  it('holds the segments that begin in it, the open one too', () => {
    const row = { startEpochMs: startOf(5) - 1, endEpochMs: startOf(9) };
    const { segments, open } = broadcastWindow(trackWindow(1, [0, 20]), row);
    expect(numbersOf(segments)).toEqual([5, 6, 7, 8]);
    expect(open).toBeNull();
    const early = broadcastWindow(trackWindow(1, [0, 7], { open: segment(8) }), row);
    expect(early.open?.mediaSequence).toBe(8);
    expect(broadcastWindow(trackWindow(1, [0, 8], { open: segment(9) }), row).open).toBeNull();
  });

  it('slides at its end while it runs', () => {
    const window = broadcastWindow(trackWindow(1, [0, 30]), { startEpochMs: startOf(2) });
    expect(numbersOf(shownSegments(window, 10_000))).toEqual([26, 27, 28, 29, 30]);
  });

  it('is final only after it stopped, and when its last segment is whole', () => {
    const stopped = { state: 'stopped' as const, endEpochMs: startOf(9) - 500 };
    const at = (window: TrackWindow, row: Parameters<typeof isFinal>[1], nowMs = startOf(9)): boolean =>
      isFinal({ ...window, lastAppendMs: nowMs }, row, { ...rules, nowMs });
    const inLastSegment = trackWindow(1, [0, 7], { open: segment(8) });
    expect(at(inLastSegment, { state: 'running' })).toBe(false);
    expect(at(inLastSegment, stopped)).toBe(false);
    expect(at(trackWindow(1, [0, 8]), stopped)).toBe(false);
    expect(at(trackWindow(1, [0, 8], { open: segment(9) }), stopped)).toBe(true);
    expect(at(trackWindow(1, [0, 9]), stopped)).toBe(true);
    expect(at(inLastSegment, stopped, stopped.endEpochMs + 6001)).toBe(true);
    expect(isFinal({ ...inLastSegment, lastAppendMs: 0 }, stopped, rules)).toBe(true);
  });
});
