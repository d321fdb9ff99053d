import { closeFact, emptyWindow, partFact, partOf, segmentOf } from './testing/windows.ts';
import { WRITE_CASES } from './testing/write-cases.ts';
import { admitWrite, applyWindowFact } from './window-arithmetic.ts';

const start = emptyWindow('li_windowarith', 7);
const onePart = applyWindowFact(start, partFact(start, 0, partOf(0)))!;

describe('the guard of the live window', () => {
  it.each(WRITE_CASES)('$behaviour', ({ stored, write, outcome }) => {
    expect(admitWrite(stored, write)).toBe(outcome);
  });
});

describe('a window after a fact', () => {
  it('opens a segment with its first part', () => {
    expect(onePart).toMatchObject({ revision: 1, open: { mediaSequence: 0, parts: [{ partIndex: 0 }] }, segments: [] });
    expect(onePart.lastAppendMs).toBe(start.lastAppendMs + 500);
  });

  it('adds parts to the open segment in order', () => {
    const twoParts = applyWindowFact(onePart, partFact(onePart, 0, partOf(1)));
    expect(twoParts?.open?.parts.map((part) => part.partIndex)).toEqual([0, 1]);
    expect(twoParts?.open?.durationMs).toBe(1000);
  });

  it('moves the closed segment into the list and drops those that fell out', () => {
    const closed = applyWindowFact(onePart, closeFact(onePart, segmentOf(0, [partOf(0)]), 0))!;
    const next = applyWindowFact(closed, closeFact(closed, segmentOf(1, [partOf(0)]), 1))!;
    expect(closed.segments.map((segment) => segment.mediaSequence)).toEqual([0]);
    expect(closed.open).toBeNull();
    expect(next.segments.map((segment) => segment.mediaSequence)).toEqual([1]);
    expect(next).toMatchObject({ revision: 3, peakBitrate: 1000, archivedThrough: 0 });
  });

  it('does not change its argument', () => {
    const before = structuredClone(onePart);
    applyWindowFact(onePart, closeFact(onePart, segmentOf(0, [partOf(0)]), 0));
    expect(onePart).toEqual(before);
  });

  it('is unchanged by a fact that came twice', () => {
    expect(applyWindowFact(onePart, partFact(start, 0, partOf(0)))).toBe(onePart);
  });

  it('is unchanged by a fact of an older packager, whatever its revision', () => {
    expect(applyWindowFact(onePart, { ...partFact(onePart, 0, partOf(1)), fence: 6 })).toBe(onePart);
  });

  it('must be read again when a fact was missed', () => {
    expect(applyWindowFact(start, partFact(onePart, 0, partOf(1)))).toBeUndefined();
  });

  it('must be read again when another packager took over', () => {
    expect(applyWindowFact(onePart, { ...partFact(onePart, 0, partOf(1)), fence: 8 })).toBeUndefined();
  });

  it('must be read again when the packager says so', () => {
    expect(applyWindowFact(onePart, { ...partFact(onePart, 0, partOf(1)), change: { kind: 'reset' } })).toBeUndefined();
  });

  it('must be read again when a part does not follow the one before', () => {
    expect(applyWindowFact(onePart, partFact(onePart, 0, partOf(2)))).toBeUndefined();
  });
});
