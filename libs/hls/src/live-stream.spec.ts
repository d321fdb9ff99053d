import * as fc from 'fast-check';
import { endEpochMsOf, liveStream, playlistsOf } from '../test/live-stream.ts';
import {
  applyDeltaUpdate,
  parseWithOracles,
  readMediaPlaylist,
  type ReadPlaylist,
  type ReadSegment,
} from '../test/read-playlist.ts';
import type { SkipDirective } from './delivery-directives.ts';
import { renderMediaPlaylist } from './media-playlist.ts';

describe('hls.md of a low-latency stream, at every part', () => {
  it('34, 35 and 36: the merge of a delta update is the full playlist, however old the copy of the client', () => {
    let merges = 0;
    fc.assert(
      fc.property(
        liveStream,
        fc.constantFrom<SkipDirective>('YES', 'v2'),
        fc.infiniteStream(fc.integer({ min: 1, max: 20 })),
        (stream, skip, stepCounts) => {
          const playlists = playlistsOf(stream);
          let had = playlists[0];
          if (had === undefined) return;
          let copy = readMediaPlaylist(renderMediaPlaylist(had));
          for (let index = 0; index < playlists.length; index += stepCounts.next().value ?? 1) {
            const now = playlists[index]!;
            const isFresh = endEpochMsOf(now) - endEpochMsOf(had) <= now.serverControl!.canSkipUntilMs!;
            copy = applyDeltaUpdate(copy, renderMediaPlaylist(now, isFresh ? { skip } : {}));
            expect(contentOf(copy)).toEqual(contentOf(readMediaPlaylist(renderMediaPlaylist(now))));
            if (copy.skippedSegments > 0) merges += 1;
            had = now;
          }
        },
      ),
      { numRuns: 40 },
    );
    expect(merges).toBeGreaterThan(40);
  });

  it('3, 5, 7, 8, 13, 16, 24, 51 and 52: only append, remove from the front and take parts off the list', () => {
    fc.assert(
      fc.property(liveStream, (stream) => {
        let before: ReadPlaylist | undefined;
        for (const playlist of playlistsOf(stream)) {
          const now = readMediaPlaylist(renderMediaPlaylist(playlist));
          if (before !== undefined) expectLegalUpdate(before, now);
          before = now;
        }
      }),
      { numRuns: 12 },
    );
  });

  it('17, 18 and 21: parts add up to their segment and go once they are three target durations from the end', () => {
    fc.assert(
      fc.property(liveStream, (stream) => {
        const playlists = playlistsOf(stream);
        for (const playlist of playlists) {
          const {
            segments: listed,
            open: openSegment,
            targetDurationSec,
          } = readMediaPlaylist(renderMediaPlaylist(playlist));
          let toEndSec = openSegment?.parts.reduce((sum, { durationSec }) => sum + durationSec, 0) ?? 0;
          for (const { durationSec, parts } of listed.toReversed()) {
            toEndSec += durationSec;
            const partsSec = parts.reduce((sum, listedPart) => sum + listedPart.durationSec, 0);
            if (parts.length > 0 && Math.abs(partsSec - durationSec) > 1e-4) expect(partsSec).toBe(durationSec);
            if (toEndSec > 3 * targetDurationSec + 0.002 && parts.length > 0) expect(parts).toEqual([]);
          }
        }
      }),
      { numRuns: 12 },
    );
  });

  it('38: the hinted part is the next one listed, unless its segment ends before it', () => {
    fc.assert(
      fc.property(liveStream, (stream) => {
        const playlists = playlistsOf(stream);
        for (const [index, playlist] of playlists.entries()) {
          const hinted = playlist.preloadHints![0]!.uri;
          const next = playlists[index + 1];
          const added = next?.open?.parts.at(-1)?.uri;
          const startsSegment = next?.open?.parts.length === 1 && playlist.open !== undefined;
          if (added === undefined || startsSegment || next?.open === playlist.open) continue;
          expect(added).toBe(hinted);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('4, 23 and 37: every playlist and delta update is accepted by hls-parser in strict mode and by m3u8-parser', () => {
    fc.assert(
      fc.property(liveStream, fc.constantFrom<SkipDirective>('YES', 'v2'), (stream, skip) => {
        for (const playlist of playlistsOf(stream).filter((_, index) => index % 7 === 0)) {
          const text = renderMediaPlaylist(playlist);
          const theirs = parseWithOracles(text);
          const ours = readMediaPlaylist(text);
          expect(theirs.mediaSequence).toBe(ours.mediaSequence);
          expect(
            theirs.segments.filter(({ uri }) => uri !== undefined).map(({ uri, timeline }) => [uri, timeline]),
          ).toEqual(ours.segments.map(({ uri, discontinuitySequence }) => [uri, discontinuitySequence]));
          expect(() => parseWithOracles(renderMediaPlaylist(playlist, { skip }))).not.toThrow();
        }
      }),
      { numRuns: 12 },
    );
  });
});

/** What a playlist says, apart from how it was sent and in which order it lists its date ranges. */
const contentOf = ({ dateRanges, ...playlist }: ReadPlaylist): unknown => ({
  ...playlist,
  ...{ version: 0, skippedSegments: 0, tags: [] },
  dateRanges: Object.fromEntries(dateRanges),
});

/** rfc8216bis 6.2.1 and 6.2.2: what may differ between two successive versions of a playlist. */
function expectLegalUpdate(before: ReadPlaylist, now: ReadPlaylist): void {
  const fixed = ['targetDurationSec', 'serverControl', 'partInf'] as const;
  for (const name of fixed) expect(now[name]).toBe(before[name]);
  const headTags = now.tags.slice(0, now.tags.indexOf('#EXT-X-MAP')).filter((tag) => tag !== '#EXT-X-DATERANGE');
  expect(new Set(headTags).size).toBe(headTags.length);
  const removed = now.mediaSequence - before.mediaSequence;
  expect(removed).toBeGreaterThanOrEqual(0);
  expect(removed).toBeLessThanOrEqual(before.segments.length);
  expect(now.discontinuitySequence).toBeGreaterThanOrEqual(before.discontinuitySequence);
  const kept = before.segments.slice(removed);
  // Texts compare a hundred times faster than structures.
  expect(JSON.stringify(now.segments.slice(0, kept.length).map(withoutParts))).toBe(
    JSON.stringify(kept.map(withoutParts)),
  );
  const partsBefore = kept.map(({ parts }, index) => (now.segments[index]?.parts.length === 0 ? [] : parts));
  expect(JSON.stringify(now.segments.slice(0, kept.length).map(({ parts }) => parts))).toBe(
    JSON.stringify(partsBefore),
  );
  const grown = now.segments[before.segments.length - removed] ?? now.open;
  if (before.open !== undefined) {
    const { parts, ...numbers } = before.open;
    expect(grown).toMatchObject(numbers);
    expect(grown?.parts.slice(0, parts.length)).toEqual(parts);
  }
  const dates = [...now.segments, ...(now.open === undefined ? [] : [now.open])].map(
    (is) => is.programDateTime ?? 'none',
  );
  expect(dates.filter((date) => !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(date))).toEqual([]);
}

const withoutParts = (segment: ReadSegment): ReadSegment => ({ ...segment, parts: [] });
