import * as fc from 'fast-check';
import { parseWithOracles, readMediaPlaylist } from '../test/read-playlist.ts';
import { renderMediaPlaylist } from './media-playlist.ts';
import type { MediaPlaylist, PlaylistSegment } from './playlist-model.ts';
import { PlaylistError } from './playlist-error.ts';
import { playlistWindow } from './playlist-window.ts';

const START_EPOCH_MS = Date.UTC(2026, 10, 21, 12, 0, 0, 0);

function segment(mediaSequence: number, changes: Partial<PlaylistSegment> = {}): PlaylistSegment {
  return {
    uri: `${mediaSequence}.m4s`,
    mediaSequence,
    durationMs: 2000,
    startEpochMs: START_EPOCH_MS + mediaSequence * 2000,
    discontinuitySequence: 0,
    map: { uri: 'init.m4s' },
    ...changes,
  };
}

function live(segments: PlaylistSegment[], changes: Partial<MediaPlaylist> = {}): MediaPlaylist {
  return { targetDurationSec: 2, segments, endList: false, ...changes };
}

describe('hls.md of a media playlist', () => {
  it('2, 3 and 16: writes a sliding live playlist tag for tag', () => {
    const text = renderMediaPlaylist(
      live([
        segment(41, { durationMs: 2002 }),
        segment(42, { durationMs: 1984.333, startEpochMs: START_EPOCH_MS + 84_000.6 }),
        segment(43, { discontinuitySequence: 1, map: { uri: 'init-2.m4s' }, durationMs: 500 }),
      ]),
    );
    expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:41
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="init.m4s"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:01:22.000Z
#EXTINF:2.002,
41.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:01:24.001Z
#EXTINF:1.984333,
42.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-2.m4s"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:01:26.000Z
#EXTINF:0.5,
43.m4s
`);
  });

  it('6 and 15: writes EVENT and VOD only when asked, and ENDLIST last', () => {
    expect(renderMediaPlaylist(live([segment(1)]))).not.toMatch(/PLAYLIST-TYPE|ENDLIST/);
    expect(renderMediaPlaylist(live([segment(1)], { playlistType: 'EVENT' }))).toContain(
      '#EXT-X-PLAYLIST-TYPE:EVENT\n',
    );
    const vod = renderMediaPlaylist(live([segment(1)], { playlistType: 'VOD', endList: true }));
    expect(vod).toContain('#EXT-X-PLAYLIST-TYPE:VOD\n');
    expect(vod.endsWith('1.m4s\n#EXT-X-ENDLIST\n')).toBe(true);
  });

  it('13: writes as many discontinuities between neighbours as their numbers are apart', () => {
    const text = renderMediaPlaylist(
      live([segment(7, { discontinuitySequence: 3 }), segment(8, { discontinuitySequence: 6 })]),
    );
    expect(text).toContain('#EXT-X-DISCONTINUITY-SEQUENCE:3\n');
    expect(text.match(/^#EXT-X-DISCONTINUITY$/gm)).toHaveLength(3);
    expect(parseWithOracles(text).segments).toHaveLength(2);
  });

  it('14: marks absent media as a gap, under the version that knows the tag', () => {
    const text = renderMediaPlaylist(live([segment(1), segment(2, { gap: true }), segment(3)]));
    expect(readMediaPlaylist(text).segments.map(({ gap }) => gap)).toEqual([false, true, false]);
    expect(text).toContain('#EXT-X-VERSION:8\n');
    expect(() => parseWithOracles(text)).not.toThrow();
  });

  it('keeps the numbers of a playlist that has no segment left', () => {
    const text = renderMediaPlaylist(
      live([], { endList: true, emptyAt: { mediaSequence: 90, discontinuitySequence: 4 } }),
    );
    expect(readMediaPlaylist(text)).toMatchObject({ mediaSequence: 90, discontinuitySequence: 4, segments: [] });
    expect(() => parseWithOracles(text)).not.toThrow();
  });

  it.each([
    ['nothing that numbers it', live([]), /expected segments or emptyAt/],
    ['a jump in media sequence', live([segment(1), segment(3)]), /mediaSequence: expected 2, got 3/],
    ['a media sequence that repeats', live([segment(1), segment(1)]), /mediaSequence: expected 2, got 1/],
    ['a negative media sequence', live([segment(-1)]), /mediaSequence: expected an integer of at least 0, got -1/],
    [
      'a discontinuity sequence that falls',
      live([segment(1, { discontinuitySequence: 2 }), segment(2, { discontinuitySequence: 1 })]),
      /discontinuitySequence of segment 2: expected 2 or up to 10000 more, got 1/,
    ],
    [
      'a discontinuity sequence out of all proportion',
      live([segment(1), segment(2, { discontinuitySequence: 1e9 })]),
      /got 1000000000/,
    ],
    [
      'a target duration of no whole second',
      live([segment(1)], { targetDurationSec: 1.5 }),
      /targetDurationSec.*got 1.5/,
    ],
    ['a negative duration', live([segment(1, { durationMs: -1 })]), /EXTINF: expected milliseconds.*got -1/],
    ['a duration that is no number', live([segment(1, { durationMs: Number.NaN })]), /EXTINF.*got NaN/],
    ['a wall clock that is no number', live([segment(1, { startEpochMs: Number.NaN })]), /startEpochMs.*got NaN/],
    [
      'a URI that would end its line',
      live([segment(1, { uri: 'a\n#EXT-X-ENDLIST' })]),
      /URI: expected printable ASCII/,
    ],
    ['a URI that would be a comment', live([segment(1, { uri: '#a' })]), /URI: expected/],
    ['a map URI that would end its attribute', live([segment(1, { map: { uri: 'a",X="b' } })]), /URI: expected/],
  ])('refuses %s', (_, playlist, message) => {
    expect(() => renderMediaPlaylist(playlist)).toThrow(PlaylistError);
    expect(() => renderMediaPlaylist(playlist)).toThrow(message);
  });

  it('5: writes every duration to the microsecond, without exponent or rounding tail', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_499_999 }), (durationUs) => {
        const text = renderMediaPlaylist(live([segment(1, { durationMs: durationUs / 1000 })]));
        const written = /^#EXTINF:(\d+(?:\.\d{0,5}[1-9])?),$/m.exec(text)?.[1];
        expect(Math.round(Number(written) * 1_000_000)).toBe(durationUs);
      }),
    );
  });
});

interface LiveHistory {
  targetDurationSec: number;
  minWindowMs: number;
  segments: PlaylistSegment[];
}

/** A stream's whole history: jittered durations, outages, epochs that the track lacks, init changes, lost segments. */
const liveHistory: fc.Arbitrary<LiveHistory> = fc
  .record({
    targetDurationSec: fc.integer({ min: 1, max: 6 }),
    minWindowMs: fc.integer({ min: 0, max: 40_000 }),
    firstMediaSequence: fc.integer({ min: 0, max: 2 ** 40 }),
    firstDiscontinuitySequence: fc.nat(1000),
    steps: fc.array(
      fc.record({
        durationPart: fc.double({ min: 0.1, max: 1, noNaN: true }),
        discontinuities: fc.constantFrom(0, 0, 0, 0, 0, 1, 2),
        outageMs: fc.constantFrom(0, 0, 0, 0.4, 7_000, 3_600_000),
        newInit: fc.constantFrom(false, false, false, true),
        gap: fc.constantFrom(false, false, false, false, true),
      }),
      { minLength: 1, maxLength: 60 },
    ),
  })
  .map(({ targetDurationSec, minWindowMs, steps, ...first }) => {
    let [clockMs, discontinuitySequence, init] = [START_EPOCH_MS, first.firstDiscontinuitySequence, 1];
    const segments = steps.map((step, index) => {
      const durationMs = step.durationPart * targetDurationSec * 1000;
      discontinuitySequence += step.discontinuities;
      // A change of init is a discontinuity (line 13).
      if (step.newInit && step.discontinuities > 0) init += 1;
      clockMs += step.outageMs;
      const made = segment(first.firstMediaSequence + index, {
        durationMs,
        startEpochMs: clockMs,
        discontinuitySequence,
        map: { uri: `init-${init}.m4s` },
        ...(step.gap ? { gap: true } : {}),
      });
      clockMs += durationMs;
      return made;
    });
    return { targetDurationSec, minWindowMs, segments };
  });

/** The playlist after each new segment, as a player that polls would see it. */
function renders({ targetDurationSec, minWindowMs, segments }: LiveHistory): string[] {
  return segments.map((_, index) =>
    renderMediaPlaylist({
      targetDurationSec,
      segments: playlistWindow(segments.slice(0, index + 1), minWindowMs, targetDurationSec),
      endList: false,
    }),
  );
}

describe('hls.md of successive renders of a sliding window', () => {
  it('4: are accepted by hls-parser in strict mode and by m3u8-parser, which count as we do', () => {
    fc.assert(
      fc.property(liveHistory, (history) => {
        for (const text of renders(history)) {
          const ours = readMediaPlaylist(text);
          const theirs = parseWithOracles(text);
          expect(theirs.mediaSequence).toBe(ours.mediaSequence);
          expect(theirs.segments.map(({ uri, timeline, map }) => [uri, timeline, map?.uri])).toEqual(
            ours.segments.map(({ uri, discontinuitySequence, mapUri }) => [uri, discontinuitySequence, mapUri]),
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('3 and 5: carry each head tag once, before the segments, and one target duration that no EXTINF exceeds', () => {
    fc.assert(
      fc.property(liveHistory, (history) => {
        for (const text of renders(history)) {
          const playlist = readMediaPlaylist(text);
          const head = playlist.tags.slice(0, 6);
          expect(head).toEqual([
            '#EXTM3U',
            '#EXT-X-VERSION',
            '#EXT-X-INDEPENDENT-SEGMENTS',
            '#EXT-X-TARGETDURATION',
            '#EXT-X-MEDIA-SEQUENCE',
            '#EXT-X-DISCONTINUITY-SEQUENCE',
          ]);
          expect(playlist.tags.slice(6).filter((tag) => head.includes(tag))).toEqual([]);
          expect(playlist.targetDurationSec).toBe(history.targetDurationSec);
          const longestSec = Math.max(...playlist.segments.map(({ durationSec }) => Math.round(durationSec)));
          expect(longestSec).toBeLessThanOrEqual(playlist.targetDurationSec);
        }
      }),
    );
  });

  it('7, 8, 13, 16 and 51: only append and remove, and never change what a listed segment was', () => {
    fc.assert(
      fc.property(liveHistory, (history) => {
        const seen = new Map<number, unknown>();
        let [firstListed, nextExpected] = [0, history.segments[0]!.mediaSequence];
        for (const text of renders(history)) {
          const { mediaSequence, segments } = readMediaPlaylist(text);
          expect(mediaSequence).toBeGreaterThanOrEqual(firstListed);
          expect(segments.at(-1)?.mediaSequence).toBe(nextExpected);
          for (const listed of segments) {
            expect(listed.programDateTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
            expect(listed).toEqual(seen.get(listed.mediaSequence) ?? listed);
            seen.set(listed.mediaSequence, listed);
          }
          firstListed = mediaSequence;
          nextExpected += 1;
        }
      }),
    );
  });

  it('9: remove a segment only when three target durations and the window stay', () => {
    fc.assert(
      fc.property(liveHistory, (history) => {
        const firstEver = history.segments[0]!.mediaSequence;
        const keptMs = Math.max(history.minWindowMs, 3000 * history.targetDurationSec);
        for (const text of renders(history)) {
          const { mediaSequence, segments } = readMediaPlaylist(text);
          const listedUs = segments.reduce((sum, { durationSec }) => sum + Math.round(durationSec * 1e6), 0);
          if (mediaSequence > firstEver) expect(listedUs).toBeGreaterThanOrEqual(keptMs * 1000);
        }
      }),
    );
  });
});
