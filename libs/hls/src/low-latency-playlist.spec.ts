import {
  live,
  open,
  part,
  plain,
  segment,
  segments,
  serverControl,
  START_EPOCH_MS,
} from '../test/low-latency-model.ts';
import { parseWithOracles, readMediaPlaylist } from '../test/read-playlist.ts';
import { renderMediaPlaylist } from './media-playlist.ts';
import { PlaylistError } from './playlist-error.ts';
import type { MediaPlaylist } from './playlist-model.ts';

describe('hls.md of a low-latency playlist', () => {
  it('17, 19, 20, 23, 37 and 41: writes parts, hints and reports tag for tag', () => {
    const changed = { discontinuitySequence: 1, map: { uri: 'init-2.mp4' } };
    const text = renderMediaPlaylist(
      live({
        segments: [segment(7), segment(8, { gap: true, parts: [] })],
        open: open(9, { ...changed, parts: [part('9.0.m4s', { independent: true }), part('9.1.m4s', { gap: true })] }),
        preloadHints: [
          { type: 'PART', uri: '10.0.m4s' },
          { type: 'MAP', uri: 'init-3.mp4' },
        ],
        renditionReports: [
          { uri: '2.m3u8', lastMediaSequence: 9, lastPartIndex: 0 },
          { uri: '1/iframes.m3u8', lastMediaSequence: 8 },
        ],
        dateRanges: [
          { id: 'ad', startEpochMs: START_EPOCH_MS, durationMs: 1500.5, scte35: { role: 'out', hex: '0xFC' } },
        ],
      }),
    );
    expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:8
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:1
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=6,HOLD-BACK=3,PART-HOLD-BACK=1.5
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-DATERANGE:ID="ad",START-DATE="2026-11-21T12:00:00.000Z",DURATION=1.5005,SCTE35-OUT=0xFC
#EXT-X-MAP:URI="init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:00:07.000Z
#EXT-X-PART:DURATION=0.5,URI="7.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.5,URI="7.1.m4s"
#EXTINF:1,
7.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:00:08.000Z
#EXT-X-GAP
#EXTINF:1,
8.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:00:09.000Z
#EXT-X-PART:DURATION=0.5,URI="9.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.5,URI="9.1.m4s",GAP=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="10.0.m4s"
#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="init-3.mp4"
#EXT-X-RENDITION-REPORT:URI="2.m3u8",LAST-MSN=9,LAST-PART=0
#EXT-X-RENDITION-REPORT:URI="1/iframes.m3u8",LAST-MSN=8
`);
    // m3u8-parser wants LAST-PART of an I-frame playlist too, which has no parts.
    expect(() => parseWithOracles(text.replace(/#EXT-X-RENDITION-REPORT:URI="1.*\n/, ''))).not.toThrow();
  });

  it('21: takes parts off the list as their segment begins more than three target durations from the end', () => {
    const withParts = (playlist: MediaPlaylist): number[] =>
      readMediaPlaylist(renderMediaPlaylist(playlist))
        .segments.filter(({ parts }) => parts.length > 0)
        .map(({ mediaSequence }) => mediaSequence);
    expect(withParts(live({ segments: segments(1, 9) }))).toEqual([7, 8, 9]);
    expect(withParts(live({ segments: segments(1, 9), open: open(10) }))).toEqual([8, 9]);
  });

  it('21: brings no part back where parts and segment are rounded apart', () => {
    const thirds = [1, 2, 3].map((index) => part(`9.${index}.m4s`, { durationMs: 333.333_501 }));
    const before = live({ segments: segments(1, 8), open: open(9, { parts: thirds }) });
    const after = live({ segments: [...segments(1, 8), segment(9, { parts: thirds, durationMs: 1000 })] });
    const partCount = (playlist: MediaPlaylist): number =>
      readMediaPlaylist(renderMediaPlaylist(playlist)).segments[6]!.parts.length;
    expect(partCount(before)).toBe(partCount(after));
  });

  it('17: shows none of the parts of a segment that has one above the part target', () => {
    const uneven = [part('2.0.m4s'), part('2.1.m4s', { durationMs: 500.001 })];
    const text = renderMediaPlaylist(live({ segments: [segment(1), segment(2, { parts: uneven })] }));
    expect(readMediaPlaylist(text).segments.map(({ parts }) => parts.length)).toEqual([2, 0]);
    const stillOpen = renderMediaPlaylist(live({ segments: [segment(1)], open: open(2, { parts: uneven }) }));
    expect(readMediaPlaylist(stillOpen).open).toBeUndefined();
    expect(stillOpen).not.toContain('2.0.m4s');
  });

  it('17: lists no part without a part target', () => {
    expect(renderMediaPlaylist(plain({ segments: segments(1, 3), open: open(4) }))).not.toContain('#EXT-X-PART');
  });

  it('begins with the open segment when nothing is closed yet', () => {
    const text = renderMediaPlaylist(live({ open: open(4, { discontinuitySequence: 2 }) }));
    expect(readMediaPlaylist(text)).toMatchObject({ mediaSequence: 4, discontinuitySequence: 2, segments: [] });
    expect(readMediaPlaylist(text).open).toMatchObject({ mediaSequence: 4, discontinuitySequence: 2 });
    expect(() => renderMediaPlaylist(live({ open: open(4, { parts: [] }) }))).toThrow(/expected segments or emptyAt/);
  });

  it('23: writes every attribute of SERVER-CONTROL', () => {
    const text = renderMediaPlaylist(
      live({ segments: [segment(1)], serverControl: { ...serverControl, canSkipDateRanges: true } }),
    );
    expect(readMediaPlaylist(text).serverControl).toBe(
      'CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=6,CAN-SKIP-DATERANGES=YES,HOLD-BACK=3,PART-HOLD-BACK=1.5',
    );
  });

  it('4: an I-frame playlist is of version 5, its segments byte ranges', () => {
    const iFrames = [1, 2].map((msn) => segment(msn, { byteRange: { offsetBytes: 0, sizeBytes: 100 * msn } }));
    const text = renderMediaPlaylist(plain({ segments: iFrames, iFramesOnly: true }));
    expect(readMediaPlaylist(text)).toMatchObject({
      version: 5,
      segments: [{ byteRange: '100@0' }, { byteRange: '200@0' }],
    });
    expect(text).toContain('#EXT-X-I-FRAMES-ONLY\n');
    expect(() => parseWithOracles(text)).not.toThrow();
  });

  it.each<[string, Partial<MediaPlaylist>, RegExp]>([
    [
      'a hold-back too near',
      { serverControl: { ...serverControl, holdBackMs: 2999 } },
      /HOLD-BACK: expected at least 3000 ms, got 2999/,
    ],
    [
      'a part hold-back too near',
      { serverControl: { ...serverControl, partHoldBackMs: 999 } },
      /PART-HOLD-BACK: expected at least 1000 ms, got 999/,
    ],
    [
      'a skip boundary too near',
      { serverControl: { ...serverControl, canSkipUntilMs: 5999 } },
      /CAN-SKIP-UNTIL: expected at least 6000 ms, got 5999/,
    ],
    [
      'parts without a part hold-back',
      { serverControl: { canBlockReload: true, holdBackMs: 3000 } },
      /PART-HOLD-BACK: expected one beside the part target, got none/,
    ],
    [
      'skipped date ranges without skipped segments',
      { serverControl: { canBlockReload: true, holdBackMs: 3000, partHoldBackMs: 1500, canSkipDateRanges: true } },
      /CAN-SKIP-DATERANGES: expected a CAN-SKIP-UNTIL/,
    ],
    [
      'two hints of a type',
      {
        preloadHints: [
          { type: 'PART', uri: 'a' },
          { type: 'PART', uri: 'b' },
        ],
      },
      /preloadHints: expected one of each type, got PART, PART/,
    ],
    [
      'a hint in a playlist that has ended (line 15)',
      { endList: true, preloadHints: [{ type: 'PART', uri: 'a' }] },
      /preloadHints: expected none in a playlist that has ended, got PART/,
    ],
    ['an open segment out of order', { open: open(3) }, /mediaSequence: expected 2, got 3/],
    [
      'a byte range of nothing',
      { segments: [segment(1, { byteRange: { offsetBytes: 0, sizeBytes: 0 } })] },
      /sizeBytes: expected/,
    ],
    ['a report of no segment', { renditionReports: [{ uri: 'a', lastMediaSequence: -1 }] }, /LAST-MSN: expected/],
  ])('refuses %s', (_, changes, message) => {
    const playlist = live({ segments: [segment(1)], ...changes });
    expect(() => renderMediaPlaylist(playlist)).toThrow(PlaylistError);
    expect(() => renderMediaPlaylist(playlist)).toThrow(message);
  });
});
