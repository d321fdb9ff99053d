import fc from 'fast-check';
import { hourOf, mergeEntries, selectRange } from '#timeline';
import { NOW_MS, trackWindow } from '../../test/support/windows.ts';
import {
  byTrack,
  entriesOfWindow,
  hoursOf,
  periodOf,
  selectionRevision,
  shiftedPlaylist,
  summaryOfEntries,
  targetDurationFor,
} from './shifted-playlist.ts';

const HOUR_MS = 3_600_000;
const rules = { nowMs: NOW_MS, maxRangeMs: 24 * HOUR_MS, windowMs: 30_000, oldestMs: 0 };

describe('periodOf', () => {
  it('reaches back far enough for a segment that lies across the start', () => {
    const period = periodOf({ kind: 'range', startMs: NOW_MS - HOUR_MS, endMs: NOW_MS - 1000, mode: 'vod' }, rules);
    expect(period.fromMs).toBeLessThanOrEqual(NOW_MS - HOUR_MS - 10_000);
    expect(period.toMs).toBe(NOW_MS - 1000);
  });

  it('of an open range ends with the longest range, counted from the oldest that is kept', () => {
    const oldestMs = NOW_MS - 48 * HOUR_MS;
    const period = periodOf({ kind: 'range', startMs: 0, mode: 'event' }, { ...rules, oldestMs });
    expect(period.toMs).toBe(oldestMs + 24 * HOUR_MS);
  });

  it('of the future is now', () => {
    const period = periodOf({ kind: 'range', startMs: NOW_MS - 1000, endMs: NOW_MS + HOUR_MS, mode: 'event' }, rules);
    expect(period.toMs).toBe(NOW_MS);
  });

  it('of a delayed playlist lies before its edge', () => {
    const period = periodOf({ kind: 'delayed', offsetMs: HOUR_MS }, rules);
    expect(period).toEqual({ fromMs: NOW_MS - HOUR_MS - 120_000, toMs: NOW_MS - HOUR_MS });
  });
});

describe('hoursOf', () => {
  it('names each covered hour that the period touches, ascending', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.nat(100), fc.uniqueArray(fc.nat(200)), (from, lengthHours, covered) => {
        const period = { fromMs: from * HOUR_MS + 1, toMs: (from + lengthHours) * HOUR_MS };
        const expected = covered.filter((hour) => hour >= from && hour <= from + lengthHours).toSorted((a, b) => a - b);
        expect(hoursOf(period, covered)).toEqual(expected);
      }),
    );
  });
});

describe('shiftedPlaylist', () => {
  const entries = entriesOfWindow(trackWindow(7, [0, 20]));
  const selection = selectRange(
    mergeEntries(entries, []),
    { kind: 'range', startMs: entries[3]?.startEpochMs ?? 0, endMs: entries[5]?.startEpochMs ?? 0, mode: 'vod' },
    { ...rules, targetDurationSec: 2 },
  );

  it('names each segment by the hour it begins in, and its init by content', () => {
    if (selection === undefined) throw new Error('expected segments');
    const text = shiftedPlaylist(selection, { targetDurationSec: 2, streamName: 'lv_0', suffix: '?tok=a' });
    const hour = hourOf(entries[3]?.startEpochMs ?? 0);
    expect(text).toContain(`../../shift/lv_0/7/${hour}-3.m4s?tok=a`);
    expect(text).toContain('#EXT-X-MAP:URI="../../live/lv_0/7/init-abababababababab.mp4?tok=a"');
    expect(text).toContain('#EXT-X-ENDLIST');
    expect(selectionRevision(selection)).toBe('3-4-0-true');
  });

  it('marks what was lost as a gap that keeps its number', () => {
    const holed = selectRange(
      entries.filter((entry) => entry.mediaSequence !== 4),
      { kind: 'range', startMs: 0, mode: 'event' },
      { ...rules, targetDurationSec: 2 },
    );
    if (holed === undefined) throw new Error('expected segments');
    const text = shiftedPlaylist(holed, { targetDurationSec: 2, streamName: 'lv_0', suffix: '' });
    expect(text.match(/#EXT-X-GAP/g)).toHaveLength(1);
    expect(text.match(/#EXTINF/g)).toHaveLength(21);
  });
});

describe('what is said of a recorded track', () => {
  const facts = {
    trackId: 1,
    kind: 'audio' as const,
    codec: 'opus',
    timescale: 48_000,
    language: 'und',
    channels: 2,
    defaultSampleDurationTicks: 0,
    defaultSampleSizeBytes: 0,
    defaultSampleFlags: 0,
  };
  const entries = entriesOfWindow(trackWindow(9, [0, 3])).map((entry, index) => ({
    ...entry,
    sizeBytes: 1000 * (index + 1),
  }));

  it('is its peak and average bitrate over the range', () => {
    expect(summaryOfEntries(facts, 9, entries)).toEqual({
      trackId: 9,
      kind: 'audio',
      codec: 'opus',
      language: 'und',
      channels: 2,
      peakBitrate: 16_000,
      averageBitrate: 10_000,
    });
  });

  it('leaves gaps out', () => {
    const gap = { ...entries[0], sizeBytes: 0 } as (typeof entries)[number];
    expect(summaryOfEntries(facts, 9, [...entries, gap]).averageBitrate).toBe(10_000);
  });

  it('has a target duration that every segment keeps to', () => {
    expect(targetDurationFor(entries.map((entry) => ({ ...entry, durationMs: 2480 })))).toBe(2);
    expect(targetDurationFor(entries.map((entry) => ({ ...entry, durationMs: 2500 })))).toBe(3);
    expect(targetDurationFor([])).toBe(1);
  });

  it('is kept apart by track', () => {
    const both = [...entriesOfWindow(trackWindow(1, [0, 1])), ...entriesOfWindow(trackWindow(2, [0, 2]))];
    expect([...byTrack(both)].map(([trackId, rows]) => [trackId, rows.length])).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });
});
