import * as fc from 'fast-check';
import { liveStream, playlistsOf } from '../test/live-stream.ts';
import { live, open, partsOf, plain, segment, segments } from '../test/low-latency-model.ts';
import { readMediaPlaylist, type ReadPlaylist } from '../test/read-playlist.ts';
import type { DeliveryDirectives } from './delivery-directives.ts';
import { renderMediaPlaylist } from './media-playlist.ts';
import {
  decideReload,
  isReached,
  nextPartOf,
  reloadEdgeOf,
  renditionReportOf,
  type PlaylistPosition,
  type ReloadEdge,
} from './reload-decision.ts';

/** Segments up to 41 with four parts each, two parts of 42. */
const edge: ReloadEdge = {
  lastMediaSequence: 41,
  lastPartCount: 4,
  openPartCount: 2,
  partTargetMs: 500,
  ended: false,
};
const atBoundary: ReloadEdge = { ...edge, openPartCount: 0 };

const decide = (asked: DeliveryDirectives, changes: Partial<ReloadEdge> = {}): unknown => {
  const decision = decideReload({ ...edge, ...changes }, asked);
  if (decision.kind === 'wait') return decision.until;
  return decision.kind === 'ready' ? 'ready' : decision.reason;
};

describe('hls.md of blocking reload', () => {
  it('25: holds a request for a segment until it is whole, also when parts of it exist', () => {
    expect(decide({ mediaSequence: 41 })).toBe('ready');
    expect(decide({ mediaSequence: 42 })).toEqual({ mediaSequence: 42 });
    expect(isReached({ ...edge, openPartCount: 4 }, { mediaSequence: 42 })).toBe(false);
    expect(isReached({ ...edge, lastMediaSequence: 42 }, { mediaSequence: 42 })).toBe(true);
  });

  it('26: holds a request for a part until it or a later one is listed', () => {
    expect(decide({ mediaSequence: 42, partIndex: 1 })).toBe('ready');
    expect(decide({ mediaSequence: 42, partIndex: 2 })).toEqual({ mediaSequence: 42, partIndex: 2 });
    expect(decide({ mediaSequence: 43, partIndex: 0 })).toEqual({ mediaSequence: 43, partIndex: 0 });
    const until = { mediaSequence: 42, partIndex: 2 };
    expect(isReached({ ...edge, openPartCount: 3 }, until)).toBe(true);
    expect(isReached({ ...edge, lastMediaSequence: 42, openPartCount: 0 }, until)).toBe(true);
    const endedBefore = { ...edge, lastMediaSequence: 42, lastPartCount: 2 };
    expect(isReached({ ...endedBefore, openPartCount: 0 }, until)).toBe(false);
    expect(isReached({ ...endedBefore, openPartCount: 1 }, until)).toBe(true);
    expect(isReached({ ...endedBefore, openPartCount: 0, ended: true }, until)).toBe(true);
  });

  it('26: a part that its segment was closed without is part 0 of the next, also for those who wait already', () => {
    const until = { mediaSequence: 42, partIndex: 5 };
    const closed = { ...edge, lastMediaSequence: 42, lastPartCount: 5, openPartCount: 0 };
    expect(isReached(closed, until)).toBe(false);
    expect(isReached({ ...closed, openPartCount: 1 }, until)).toBe(true);
    expect(isReached(closed, { ...until, partIndex: 4 })).toBe(true);
  });

  it('26: beyond the last part of a whole segment stands part 0 of the next', () => {
    expect(decide({ mediaSequence: 41, partIndex: 3 }, { openPartCount: 0 })).toBe('ready');
    expect(decide({ mediaSequence: 41, partIndex: 4 }, { openPartCount: 0 })).toEqual({
      mediaSequence: 42,
      partIndex: 0,
    });
    expect(decide({ mediaSequence: 41, partIndex: 99 })).toBe('ready');
    expect(decide({ mediaSequence: 40, partIndex: 99 })).toBe('ready');
  });

  it('26: a whole segment that shows no parts holds every part of it', () => {
    expect(decide({ mediaSequence: 41, partIndex: 7 }, { lastPartCount: 0, openPartCount: 0 })).toBe('ready');
  });

  it('27: answers at once what was evicted', () => {
    expect(decide({ mediaSequence: 0 })).toBe('ready');
    expect(decide({ mediaSequence: 0, partIndex: 5 })).toBe('ready');
  });

  it('29: refuses a segment beyond the next but one', () => {
    expect(decide({ mediaSequence: 43 })).toEqual({ mediaSequence: 43 });
    expect(decide({ mediaSequence: 44 })).toBe('_HLS_msn: expected at most 43, got 44');
    expect(decide({ mediaSequence: Number('99999999999999999999') })).toMatch(/^_HLS_msn: expected at most 43/);
  });

  it('29: refuses a part beyond the Advance Part Limit, three over the part target below one second, else three', () => {
    expect(decide({ mediaSequence: 42, partIndex: 9 })).toEqual({ mediaSequence: 42, partIndex: 9 });
    expect(decide({ mediaSequence: 42, partIndex: 10 })).toBe('_HLS_part: expected at most 9, got 10');
    const ofOneSecond = { partTargetMs: 1000 };
    expect(decide({ mediaSequence: 42, partIndex: 6 }, ofOneSecond)).toEqual({ mediaSequence: 42, partIndex: 6 });
    expect(decide({ mediaSequence: 42, partIndex: 7 }, ofOneSecond)).toBe('_HLS_part: expected at most 6, got 7');
    expect(decide({ mediaSequence: 42, partIndex: 18 }, { openPartCount: 13 })).toEqual({
      mediaSequence: 42,
      partIndex: 18,
    });
    expect(decide({ mediaSequence: 43, partIndex: 10 })).toMatch(/^_HLS_part: expected at most 9/);
  });

  it('29: holds the far part of the next segment that hls.js asks for outside its low-latency mode', () => {
    const manyParts = { lastPartCount: 30, partTargetMs: 200 };
    for (const openPartCount of [0, 1, 20]) {
      expect(decide({ mediaSequence: 42, partIndex: 29 }, { ...manyParts, openPartCount })).toEqual({
        mediaSequence: 42,
        partIndex: 29,
      });
    }
  });

  it('31: ignores directives once the playlist has ended, and 25: none are needed', () => {
    expect(decide({ mediaSequence: 1000, partIndex: 1000 }, { ended: true })).toBe('ready');
    expect(decide({ skip: 'YES' })).toBe('ready');
    expect(isReached({ ...edge, ended: true }, { mediaSequence: 1000 })).toBe(true);
  });

  it('25: where no parts are listed, a part stands for its whole segment', () => {
    const { partTargetMs: _target, ...withoutParts } = { ...atBoundary, lastPartCount: 0 };
    expect(decideReload(withoutParts, { mediaSequence: 42, partIndex: 80 })).toEqual({
      kind: 'wait',
      until: { mediaSequence: 42 },
    });
    expect(decideReload(withoutParts, { mediaSequence: 41, partIndex: 80 })).toEqual({ kind: 'ready' });
  });

  it('25 and 26: never answers early with nothing new, and answers as soon as what was asked for is listed', () => {
    const wishes = fc.record(
      {
        step: fc.nat(),
        ahead: fc.integer({ min: 0, max: 2 }),
        partIndex: fc.nat(6),
      },
      { requiredKeys: ['step', 'ahead'] },
    );
    let held = 0;
    fc.assert(
      fc.property(liveStream, fc.array(wishes, { minLength: 10, maxLength: 20 }), (stream, all) => {
        const playlists = playlistsOf(stream);
        const edges = playlists.map(reloadEdgeOf);
        const texts = playlists.map((playlist) => readMediaPlaylist(renderMediaPlaylist(playlist)));
        for (const { step, ahead, ...part } of playlists.length === 0 ? [] : all) {
          const now = step % playlists.length;
          const asked = { ...part, mediaSequence: Math.max(0, edges[now]!.lastMediaSequence + ahead) };
          const decision = decideReload(edges[now]!, asked);
          if (decision.kind === 'ready') expect(holds(texts[now]!, asked)).toBe(true);
          if (decision.kind !== 'wait') continue;
          held += 1;
          expect(holds(texts[now]!, decision.until)).toBe(false);
          expect(edges.slice(now).map((later) => isReached(later, decision.until))).toEqual(
            texts.slice(now).map((later) => holds(later, decision.until)),
          );
        }
      }),
      { numRuns: 20 },
    );
    expect(held).toBeGreaterThan(20);
  });
});

describe('hls.md of what comes next', () => {
  it('37: hints the part after the newest', () => {
    expect(nextPartOf(edge)).toEqual({ mediaSequence: 42, partIndex: 2 });
    expect(nextPartOf(atBoundary)).toEqual({ mediaSequence: 42, partIndex: 0 });
  });

  it('39: holds a request for the hinted part, whatever the stream', () => {
    fc.assert(
      fc.property(liveStream, (stream) => {
        for (const playlist of playlistsOf(stream)) {
          const now = reloadEdgeOf(playlist);
          expect(decideReload(now, nextPartOf(now))).toEqual({ kind: 'wait', until: nextPartOf(now) });
        }
      }),
      { numRuns: 12 },
    );
  });

  it('41: reports the newest part, else the newest segment and its last part', () => {
    expect(renditionReportOf('2.m3u8', edge)).toEqual({ uri: '2.m3u8', lastMediaSequence: 42, lastPartIndex: 1 });
    expect(renditionReportOf('2.m3u8', atBoundary)).toEqual({ uri: '2.m3u8', lastMediaSequence: 41, lastPartIndex: 3 });
    expect(renditionReportOf('2.m3u8', { ...atBoundary, lastPartCount: 0 })).toEqual({
      uri: '2.m3u8',
      lastMediaSequence: 41,
    });
    expect(renditionReportOf('2.m3u8', { ...atBoundary, lastMediaSequence: -1 })).toBeUndefined();
  });

  it('41: reads how far a playlist is from its model', () => {
    expect(reloadEdgeOf(live({ segments: segments(40, 41), open: open(42, { parts: partsOf(42, 2) }) }))).toEqual({
      ...edge,
      lastPartCount: 2,
    });
    const uneven = partsOf(41, 2).map((part) => ({ ...part, durationMs: 501 }));
    expect(reloadEdgeOf(live({ segments: [segment(41, { parts: uneven })] }))).toEqual({
      ...atBoundary,
      lastPartCount: 0,
    });
    expect(reloadEdgeOf(plain({ segments: [segment(41)], endList: true }))).toEqual({
      ...{ lastMediaSequence: 41, lastPartCount: 0, openPartCount: 0, ended: true },
    });
    expect(reloadEdgeOf(live({ open: open(7) }))).toMatchObject({ lastMediaSequence: 6, openPartCount: 1 });
    const emptyAt = { mediaSequence: 90, discontinuitySequence: 0 };
    expect(reloadEdgeOf(live({ emptyAt }))).toMatchObject({ lastMediaSequence: 89 });
  });
});

/** Whether the text of a playlist lists this place or a later one; what lies before its first line was evicted, and holds nobody. */
function holds(playlist: ReadPlaylist, { mediaSequence, partIndex }: PlaylistPosition): boolean {
  const { segments: listed, open: openSegment } = playlist;
  const lastWhole = listed.at(-1) ?? { mediaSequence: openSegment!.mediaSequence - 1, parts: [] };
  if (partIndex === undefined || mediaSequence < lastWhole.mediaSequence)
    return mediaSequence <= lastWhole.mediaSequence;
  if (mediaSequence > lastWhole.mediaSequence) {
    return openSegment?.mediaSequence === mediaSequence && openSegment.parts.length > partIndex;
  }
  // Beyond the last part of a whole segment stands part 0 of the next.
  return lastWhole.parts.length === 0 || partIndex < lastWhole.parts.length || openSegment !== undefined;
}
