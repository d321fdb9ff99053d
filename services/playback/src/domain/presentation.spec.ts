import fc from 'fast-check';
import { audioWindow, NOW_MS, segment, trackWindow } from '../../test/support/windows.ts';
import {
  contiguousTail,
  isPlayable,
  isReceiving,
  isSilent,
  listedTracks,
  segmentOf,
  summaryOf,
} from './presentation.ts';

const rules = { nowMs: NOW_MS, reconnectWindowMs: 30_000, windowBoundMs: 600_000 };
const NONE: [number, number] = [0, -1];

describe('isPlayable', () => {
  it.each([
    ['nothing is windowed', [], false],
    ['no track has closed a segment', [trackWindow(1, NONE)], false],
    ['video has one segment and is alone', [trackWindow(1, [0, 0])], true],
    ['audio has one segment and video none', [trackWindow(1, NONE), audioWindow(2, [0, 0])], false],
    ['audio has one segment and video is not even seen', [audioWindow(2, [0, 0])], false],
    ['audio has two segments and is alone', [audioWindow(2, [0, 1])], true],
    ['both have one', [trackWindow(1, [0, 0]), audioWindow(2, [0, 0])], true],
    ['one track lags behind three segments of the other', [trackWindow(1, [0, 2]), audioWindow(2, NONE)], true],
    [
      'a track without segments was dropped long ago',
      [trackWindow(1, [0, 0]), trackWindow(3, NONE, { lastAppendMs: NOW_MS - 40_000 })],
      true,
    ],
    ['everything is older than any window', [trackWindow(1, [0, 9], { lastAppendMs: NOW_MS - 700_000 })], false],
  ])('%s: %#', (_name, windows, expected) => {
    expect(isPlayable(windows, rules)).toBe(expected);
  });
});

describe('listedTracks', () => {
  it('leaves out metadata, tracks without segments and those that the encoder dropped', () => {
    const metadata = trackWindow(4, [0, 9]);
    const windows = [
      trackWindow(1, [0, 9]),
      audioWindow(2, NONE),
      trackWindow(3, [0, 9], { lastAppendMs: NOW_MS - 40_000 }),
      { ...metadata, track: { ...metadata.track, kind: 'metadata' as const } },
    ];
    expect(listedTracks(windows, rules).map((window) => window.track.trackId)).toEqual([1]);
  });

  it('lists all of an input that has fallen silent as a whole', () => {
    const windows = [1, 2].map((id) => trackWindow(id, [0, 9], { lastAppendMs: NOW_MS - 60_000 }));
    expect(listedTracks(windows, rules)).toHaveLength(2);
  });
});

describe('silence', () => {
  it('begins after the reconnect window', () => {
    expect(isSilent(trackWindow(1, [0, 1], { lastAppendMs: NOW_MS - 30_000 }), rules)).toBe(false);
    expect(isSilent(trackWindow(1, [0, 1], { lastAppendMs: NOW_MS - 30_001 }), rules)).toBe(true);
    expect(isReceiving([trackWindow(1, NONE, { lastAppendMs: NOW_MS - 30_001 })], rules)).toBe(false);
    expect(isReceiving([trackWindow(1, NONE)], rules)).toBe(true);
  });
});

describe('segmentOf', () => {
  it('finds what is there by its number, holes or not', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(60)), fc.nat(60), (numbers, asked) => {
        const segments = numbers.toSorted((a, b) => a - b).map((mediaSequence) => segment(mediaSequence));
        const found = segmentOf(trackWindow(1, NONE, { segments }), asked);
        expect(found?.mediaSequence).toBe(numbers.includes(asked) ? asked : undefined);
      }),
    );
  });
});

describe('contiguousTail', () => {
  it('is the longest end without a hole', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(40), { minLength: 1 }), (numbers) => {
        const segments = numbers.toSorted((a, b) => a - b).map((mediaSequence) => ({ mediaSequence }));
        const tail = contiguousTail(segments);
        const first = tail[0]?.mediaSequence ?? 0;
        expect(tail.map((item) => item.mediaSequence)).toEqual(tail.map((_, index) => first + index));
        expect(tail.at(-1)).toBe(segments.at(-1));
        expect(numbers.includes(first - 1)).toBe(false);
      }),
    );
  });

  it('of nothing is nothing', () => {
    expect(contiguousTail([])).toEqual([]);
  });
});

describe('summaryOf', () => {
  it('never says a bitrate of 0, which no playlist can hold', () => {
    const summary = summaryOf(trackWindow(1, [0, 0], { peakBitrate: 0, averageBitrate: 0 }));
    expect(summary).toEqual({
      trackId: 1,
      kind: 'video',
      codec: 'avc1.64001f',
      language: 'und',
      peakBitrate: 1,
      averageBitrate: 1,
    });
  });
});
