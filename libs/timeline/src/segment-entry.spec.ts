import { entryOf, ORIGIN_MS } from '../test/entries.ts';
import { endEpochMs, hourOf, isGap, mergeEntries } from './segment-entry.ts';
import { TimelineError } from './timeline-error.ts';

describe('hourOf', () => {
  it('counts hours since 1970, to the microsecond', () => {
    expect(hourOf(0)).toBe(0);
    expect(hourOf(3_599_999.999)).toBe(0);
    expect(hourOf(3_600_000)).toBe(1);
    expect(hourOf(ORIGIN_MS)).toBe(498_684);
  });

  it('refuses an instant that is none', () => {
    expect(() => hourOf(Number.NaN)).toThrow(TimelineError);
    expect(() => hourOf(-1)).toThrow('wall clock: expected milliseconds since 1970, got -1');
  });
});

describe('endEpochMs', () => {
  it('adds without a binary rounding tail', () => {
    expect(endEpochMs(entryOf(0, { startEpochMs: 0.1, durationMs: 0.2 }))).toBe(0.3);
  });
});

describe('isGap', () => {
  it('knows a gap row by its having no bytes', () => {
    expect(isGap(entryOf(1))).toBe(false);
    expect(isGap(entryOf(1, { sizeBytes: 0 }))).toBe(true);
  });
});

describe('mergeEntries', () => {
  it('takes the archive where both hold a segment, sorts tracks and numbers as numbers', () => {
    const archived = [entryOf(9), entryOf(10, { objectKey: 'archived' })];
    const live = [
      entryOf(2, { trackId: 10 }),
      entryOf(1, { trackId: 2 }),
      entryOf(11),
      entryOf(10, { objectKey: 'live' }),
    ];
    expect(mergeEntries(archived, live).map((entry) => [entry.trackId, entry.mediaSequence, entry.objectKey])).toEqual([
      [1, 9, 'archive/a'],
      [1, 10, 'archived'],
      [1, 11, 'archive/a'],
      [2, 1, 'archive/a'],
      [10, 2, 'archive/a'],
    ]);
  });
});
