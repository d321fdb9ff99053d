import type { TrackWindow, WindowPart } from '#shared/contracts';
import { segment, trackWindow } from '../../test/support/windows.ts';
import { lookupClosed, lookupPart, lookupSegment } from './part-lookup.ts';

const parts = (count: number): WindowPart[] =>
  Array.from({ length: count }, (_, partIndex) => ({
    partIndex,
    durationMs: 500,
    independent: false,
    sizeBytes: 1,
    sha256: 'ab'.repeat(32),
    chunks: [{ streamSequence: 1, sizeBytes: 1, sha256: 'ab'.repeat(32) }],
  }));

const closed = [segment(3, { parts: parts(4) }), segment(4, { gap: true }), segment(5, { parts: parts(4) })];
const open: TrackWindow = trackWindow(1, [0, -1], { segments: closed, open: segment(6, { parts: parts(2) }) });
const between: TrackWindow = { ...open, open: null };
const plain: TrackWindow = { ...open, numbers: { targetDurationSec: 2, segmentTargetMs: 2000 } };

describe('where a part is', () => {
  it.each([
    ['of a closed segment', open, 5, 3, 'there'],
    ['beyond the last of a closed segment: it was hinted and dropped', open, 5, 4, 'never'],
    ['of the open segment', open, 6, 1, 'there'],
    ['that is hinted', open, 6, 2, 'coming'],
    ['that another node may hint already', open, 6, 3, 'coming'],
    ['far ahead', open, 6, 4, 'ahead'],
    ['of the segment after the open one, which another node may have closed', open, 7, 0, 'coming'],
    ['far ahead in the segment after', open, 7, 2, 'ahead'],
    ['of the segment after that', open, 8, 0, 'ahead'],
    ['that is hinted when no segment is open', between, 6, 0, 'coming'],
    ['of a segment that slid out', open, 2, 0, 'never'],
    ['of a gap', open, 4, 0, 'never'],
    ['of a presentation without parts', plain, 6, 2, 'never'],
  ] as const)('%s', (...[, window, mediaSequence, partIndex, kind]) => {
    expect(lookupPart(window, mediaSequence, partIndex).kind).toBe(kind);
  });
});

describe('where a segment is', () => {
  it.each([
    ['closed', open, 5, 'there', 'there'],
    ['a gap', open, 4, 'never', 'never'],
    ['open', open, 6, 'there', 'coming'],
    ['the next', open, 7, 'coming', 'coming'],
    ['the next, none open', between, 6, 'coming', 'coming'],
    ['later', open, 8, 'ahead', 'ahead'],
    ['the next of a presentation without parts', { ...plain, open: null }, 6, 'ahead', 'coming'],
    ['slid out', open, 2, 'never', 'never'],
  ] as const)('%s', (...[, window, mediaSequence, inParts, whole]) => {
    expect(lookupSegment(window, mediaSequence).kind).toBe(inParts);
    expect(lookupClosed(window, mediaSequence).kind).toBe(whole);
  });
});
