import fc from 'fast-check';
import { NOW_MS, segment, trackWindow } from '../../test/support/windows.ts';
import {
  broadcastSegments,
  nativeUris,
  revisionOf,
  shownSegments,
  suffixOf,
  threadedQuery,
  windowPlaylist,
} from './window-playlist.ts';

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

  it('holds the segments that begin in it', () => {
    const row = { startEpochMs: startOf(5) - 1, endEpochMs: startOf(9) };
    expect(numbersOf(broadcastSegments(trackWindow(1, [0, 20]), row, 30_000))).toEqual([5, 6, 7, 8]);
  });

  it('slides at its end while it runs', () => {
    const row = { startEpochMs: startOf(2) };
    expect(numbersOf(broadcastSegments(trackWindow(1, [0, 30]), row, 10_000))).toEqual([26, 27, 28, 29, 30]);
  });
});

describe('windowPlaylist', () => {
  it('names segments and maps under the folder of the input', () => {
    const text = windowPlaylist([segment(4, { durationMs: 1920 })], {
      targetDurationSec: 2,
      endList: true,
      uris: nativeUris('../../live/lv_0/', 7, '?tok=a'),
    });
    expect(text).toContain('#EXT-X-MAP:URI="../../live/lv_0/7/init-abababababababab.mp4?tok=a"');
    expect(text).toContain('#EXTINF:1.92,\n../../live/lv_0/7/4.m4s?tok=a\n#EXT-X-ENDLIST\n');
  });
});

describe('revisionOf', () => {
  it('changes with what is listed and with the end', () => {
    const revisions = [
      revisionOf([segment(1), segment(2)], false),
      revisionOf([segment(1), segment(2), segment(3)], false),
      revisionOf([segment(2), segment(3)], false),
      revisionOf([segment(2), segment(3)], true),
    ];
    expect(new Set(revisions).size).toBe(4);
  });
});

describe('the query that is handed on', () => {
  it('is without delivery directives and measurements', () => {
    const query = threadedQuery(new URLSearchParams('_HLS_msn=4&tok=a%26b&CMCD=bl%3D1&_HLS_part=0&tok=c'));
    expect(suffixOf(query)).toBe('?tok=a%26b&tok=c');
  });

  it('is nothing when nothing is left', () => {
    expect(suffixOf(threadedQuery(new URLSearchParams('_HLS_msn=4')))).toBe('');
  });
});
