import fc from 'fast-check';
import type { TrackWindow, WindowPart, WindowSegment } from '#shared/contracts';
import { reloadEdgeOf, renderMediaPlaylist } from '#hls';
import { audioWindow, NOW_MS, segment, trackWindow } from '../../test/support/windows.ts';
import { edgeOf, livePlaylist, type LiveList } from './live-playlist.ts';
import { iFrameUris, nativeUris } from './media-uris.ts';

const part = (partIndex: number, durationMs = 500): WindowPart => ({
  partIndex,
  durationMs,
  independent: partIndex === 0,
  sizeBytes: 10,
  sha256: 'cd'.repeat(32),
  chunks: [{ streamSequence: 1, sizeBytes: 10, sha256: 'cd'.repeat(32) }],
});
const parts = (count: number): WindowPart[] => Array.from({ length: count }, (_, index) => part(index));

/** Segments `first` to `last` of four parts each, and the next one open with `openParts`. */
function withParts([first, last]: [number, number], openParts: number, facts: Partial<TrackWindow> = {}): TrackWindow {
  const segments = Array.from({ length: last - first + 1 }, (_, i) => segment(first + i, { parts: parts(4) }));
  const open = openParts === 0 ? null : segment(last + 1, { parts: parts(openParts), durationMs: 500 * openParts });
  return trackWindow(1, [0, -1], { segments, open, ...facts });
}

const listOf = (window: TrackWindow, facts: Partial<LiveList> = {}): LiveList => ({
  kind: 'media',
  window,
  listed: [window],
  all: [window],
  isEnded: false,
  minWindowMs: 30_000,
  uris: nativeUris('', window, '?t=1'),
  ...facts,
});

const textOf = (window: TrackWindow, facts: Partial<LiveList> = {}): string =>
  renderMediaPlaylist(livePlaylist(listOf(window, facts)));
const linesOf = (text: string, tag: string): string[] => text.split('\n').filter((line) => line.startsWith(`#${tag}:`));

describe('a live list with parts', () => {
  it('lists the parts near its end and of the open segment, and hints the next one', () => {
    const text = textOf(withParts([0, 9], 2));
    expect(linesOf(text, 'EXT-X-PART-INF')).toEqual(['#EXT-X-PART-INF:PART-TARGET=0.5']);
    const listed = linesOf(text, 'EXT-X-PART');
    expect(listed.at(-2)).toBe('#EXT-X-PART:DURATION=0.5,URI="1/10.0.m4s?t=1",INDEPENDENT=YES');
    expect(listed.at(-1)).toBe('#EXT-X-PART:DURATION=0.5,URI="1/10.1.m4s?t=1"');
    expect(listed.some((line) => line.includes('"1/3.'))).toBe(false);
    expect(linesOf(text, 'EXT-X-PRELOAD-HINT')).toEqual(['#EXT-X-PRELOAD-HINT:TYPE=PART,URI="1/10.2.m4s?t=1"']);
  });

  it('hints part 0 of the next segment when none is open', () => {
    expect(linesOf(textOf(withParts([0, 9], 0)), 'EXT-X-PRELOAD-HINT')).toEqual([
      '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="1/10.0.m4s?t=1"',
    ]);
  });

  it('hints part 0 of the next segment when the open one is full', () => {
    const window = withParts([0, 9], 4);
    const full = { ...window, open: { ...window.open!, full: true as const } };
    expect(linesOf(textOf(full), 'EXT-X-PRELOAD-HINT')).toEqual(['#EXT-X-PRELOAD-HINT:TYPE=PART,URI="1/11.0.m4s?t=1"']);
  });

  it('hints the init segment that the next part needs, when another one has ended the last segment', () => {
    const window = withParts([0, 9], 0);
    const last = { ...window.segments.at(-1)!, nextInitSha256: 'ef'.repeat(32) };
    const changed = { ...window, segments: [...window.segments.slice(0, -1), last] };
    expect(linesOf(textOf(changed), 'EXT-X-PRELOAD-HINT')).toEqual([
      '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="1/10.0.m4s?t=1"',
      `#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="1/init-${'ef'.repeat(8)}.mp4?t=1"`,
    ]);
  });

  it('shows no parts of a segment with one beyond the target, open or closed', () => {
    const long = [part(0), part(1, 501)];
    const closed = segment(9, { parts: long });
    const open = segment(10, { parts: long });
    const text = textOf({ ...withParts([0, 8], 0), segments: [...withParts([0, 8], 0).segments, closed], open });
    expect(linesOf(text, 'EXT-X-PART').some((line) => /"1\/(9|10)\./.test(line))).toBe(false);
    expect(text).toContain('\n1/9.m4s?t=1\n');
  });

  it('has the same server control whatever it lists, from the frozen numbers alone', () => {
    const window = withParts([0, 20], 1);
    const text = { ...window, track: { ...window.track, kind: 'text' as const, codec: 'wvtt' } };
    const controls = [
      textOf(window),
      textOf(withParts([3, 5], 0)),
      textOf(text),
      textOf(window, { kind: 'iframes', uris: iFrameUris('', '') }),
      textOf(window, { isEnded: true }),
    ].map((list) => linesOf(list, 'EXT-X-SERVER-CONTROL'));
    expect(new Set(controls.map(String))).toEqual(
      new Set([
        '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,CAN-SKIP-DATERANGES=YES,HOLD-BACK=6,PART-HOLD-BACK=1.5',
      ]),
    );
  });

  it('reports how far the other lists are', () => {
    const window = withParts([0, 9], 2);
    const audio = { ...audioWindow(2, [0, 0]), segments: window.segments, open: segment(10, { parts: parts(1) }) };
    const whole = { ...audioWindow(3, [0, 8]) };
    const reports = linesOf(textOf(window, { listed: [window, audio, whole] }), 'EXT-X-RENDITION-REPORT');
    expect(reports).toEqual([
      '#EXT-X-RENDITION-REPORT:URI="2.m3u8?t=1",LAST-MSN=10,LAST-PART=0',
      '#EXT-X-RENDITION-REPORT:URI="3.m3u8?t=1",LAST-MSN=8',
    ]);
  });

  it('ends without hint, report or open segment', () => {
    const window = withParts([0, 9], 2);
    const text = textOf(window, { isEnded: true, listed: [window, audioWindow(2, [0, 9])] });
    expect(text).toMatch(/#EXT-X-ENDLIST\n$/);
    expect(text).not.toMatch(/PRELOAD-HINT|RENDITION-REPORT|1\/10\./);
  });

  it('lists what a track lost as a gap under its number', () => {
    const window = withParts([0, 9], 1);
    const gap = segment(9, { gap: true, parts: [], sizeBytes: 0 });
    const text = textOf({ ...window, segments: [...window.segments.slice(0, -1), gap] });
    expect(text).toMatch(/#EXT-X-GAP\n#EXTINF:2,?\n1\/9\.m4s/);
  });

  it('is a plain list where the presentation has no part target, and can still be waited for', () => {
    const window = withParts([0, 9], 2, { numbers: { targetDurationSec: 2, segmentTargetMs: 2000 } });
    const text = textOf(window);
    expect(text).not.toMatch(/EXT-X-PART|PRELOAD-HINT|RENDITION-REPORT/);
    expect(text).toContain('CAN-BLOCK-RELOAD=YES');
    expect(edgeOf(window, 'media', false)).toEqual({
      lastMediaSequence: 9,
      lastPartCount: 0,
      openPartCount: 0,
      ended: false,
    });
  });
});

describe('other lists of a track', () => {
  it('the I-frame list names the first frame of each segment, a gap where a segment begins without one', () => {
    const segments = [
      segment(0, { keyframes: [{ offsetMs: 0, offsetBytes: 24, sizeBytes: 900 }] }),
      segment(1, { keyframes: [{ offsetMs: 1000, offsetBytes: 500, sizeBytes: 80 }] }),
      segment(2),
    ];
    const window = trackWindow(1, [0, -1], { segments });
    const text = textOf(window, { kind: 'iframes', uris: iFrameUris('', '') });
    expect(text).toContain('#EXT-X-I-FRAMES-ONLY\n');
    expect(text).toMatch(/#EXT-X-BYTERANGE:900@24\n0\.m4s\n/);
    expect(text.match(/#EXT-X-GAP/g)).toHaveLength(2);
    expect(text).not.toMatch(/EXT-X-PART:|PART-INF|PRELOAD-HINT/);
  });

  it('the list of a WebVTT track names its files, and no map', () => {
    const window = trackWindow(3, [0, 5]);
    const text = textOf(
      { ...window, track: { ...window.track, kind: 'text', codec: 'wvtt' } },
      { uris: nativeUris('', { ...window, track: { ...window.track, kind: 'text', codec: 'wvtt' } }, '') },
    );
    expect(text).toContain('\n3/5.vtt\n');
    expect(text).not.toContain('EXT-X-MAP');
  });
});

describe('markers', () => {
  const marker = (id: string, offsetMs: number, facts: object = {}): NonNullable<WindowSegment['markers']>[number] => ({
    id,
    schemeIdUri: 'urn:example',
    value: '',
    startEpochMs: NOW_MS - 100_000 + offsetMs,
    ...facts,
  });

  it('of all tracks are in every list, once for each id, while they map into it', () => {
    const cue = { role: 'out' as const, hex: '0xFC30' };
    const video = trackWindow(1, [0, 30]);
    video.segments[29] = segment(29, { markers: [marker('a', 58_000, { durationMs: 1000, scte35: cue })] });
    const data = trackWindow(9, [0, 30], { track: { ...video.track, trackId: 9, kind: 'metadata' } });
    data.segments[28] = segment(28, { markers: [marker('a', 58_001), marker('b', 56_000, { value: 'say "x"' })] });
    data.segments[2] = segment(2, { markers: [marker('old', 4000, { durationMs: 1000 })] });
    const text = textOf(video, { all: [video, data] });
    expect(linesOf(text, 'EXT-X-DATERANGE')).toEqual([
      `#EXT-X-DATERANGE:ID="b",CLASS="urn:example",START-DATE="${new Date(NOW_MS - 44_000).toISOString()}",X-VALUE="say 'x'"`,
      `#EXT-X-DATERANGE:ID="a",CLASS="urn:example",START-DATE="${new Date(NOW_MS - 42_000).toISOString()}",DURATION=1,SCTE35-OUT=0xFC30`,
    ]);
    expect(linesOf(textOf(video, { all: [video, data], minWindowMs: 200_000 }), 'EXT-X-DATERANGE')).toHaveLength(3);
  });

  it('that have just left are named in a delta update of v2', () => {
    const window = trackWindow(1, [0, 30]);
    window.segments[2] = segment(2, { markers: [marker('long gone', 4000)] });
    window.segments[14] = segment(14, { markers: [marker('just gone', 28_000)] });
    const text = renderMediaPlaylist(livePlaylist(listOf(window)), { skip: 'v2' });
    expect(text).toContain('RECENTLY-REMOVED-DATERANGES="just gone"');
  });
});

describe('the edge that reloads wait for', () => {
  it('is that of the list itself, whatever the window', () => {
    const durations = fc.array(fc.constantFrom(400, 500, 501), { maxLength: 4 });
    fc.assert(
      fc.property(durations, durations, fc.boolean(), fc.boolean(), (last, open, isEnded, hasTarget) => {
        const cut = (lengths: number[]): WindowPart[] => lengths.map((durationMs, index) => part(index, durationMs));
        const base = withParts(
          [0, 8],
          0,
          hasTarget ? {} : { numbers: { targetDurationSec: 2, segmentTargetMs: 2000 } },
        );
        const window = {
          ...base,
          segments: [...base.segments, segment(9, { parts: cut(last) })],
          open: open.length === 0 ? null : segment(10, { parts: cut(open) }),
        };
        expect(edgeOf(window, 'media', isEnded)).toEqual(reloadEdgeOf(livePlaylist(listOf(window, { isEnded }))));
      }),
    );
  });
});
