import { live, open, partsOf, segment, segments, serverControl, START_EPOCH_MS } from '../test/low-latency-model.ts';
import { parseWithOracles } from '../test/read-playlist.ts';
import { renderMediaPlaylist } from './media-playlist.ts';
import type { MediaPlaylist } from './playlist-model.ts';

describe('hls.md of a delta update', () => {
  const dateRanges = [
    { id: 'old', startEpochMs: START_EPOCH_MS, addedEpochMs: START_EPOCH_MS + 13_999 },
    { id: 'young', startEpochMs: START_EPOCH_MS, addedEpochMs: START_EPOCH_MS + 14_000 },
    { id: 'undated', startEpochMs: START_EPOCH_MS },
  ];
  const tenSeconds = live({ segments: segments(10, 19), dateRanges, recentlyRemovedDateRangeIds: ['a', 'b'] });

  it('4, 33 and 34: skips the segments beyond the Skip Boundary and leaves every other tag and number', () => {
    const text = renderMediaPlaylist(tenSeconds, { skip: 'YES' });
    expect(text).toContain('#EXT-X-VERSION:9\n');
    expect(text).toContain(
      '#EXT-X-MEDIA-SEQUENCE:10\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n',
    );
    expect(text.match(/^\d+\.m4s$/gm)?.[0]).toBe('13.m4s');
    expect(text.match(/#EXT-X-DATERANGE/g)).toHaveLength(3);
    expect(() => parseWithOracles(text)).not.toThrow();
  });

  it('34: measures from the end of the last whole segment, and sends all when nothing is old enough', () => {
    const skipped = (count: number, changes: Partial<MediaPlaylist> = {}): number =>
      readSkipped(renderMediaPlaylist(live({ segments: segments(1, count), ...changes }), { skip: 'YES' }));
    expect([skipped(7), skipped(8)]).toEqual([0, 1]);
    expect(skipped(7, { open: open(8, { parts: partsOf(8, 2) }) })).toBe(0);
    expect(renderMediaPlaylist(live({ segments: segments(1, 7) }), { skip: 'v2' })).not.toContain('SKIP:');
  });

  it('34: counts a boundary of fractions exactly', () => {
    const thirds = Array.from({ length: 21 }, (_, index) => segment(index, { durationMs: 333.333, parts: [] }));
    const atBoundary = live({
      segments: thirds,
      serverControl: { ...serverControl, canSkipUntilMs: 19 * 333.333 },
    });
    expect(readSkipped(renderMediaPlaylist(atBoundary, { skip: 'YES' }))).toBe(1);
  });

  it('4 and 35: v2 skips the date ranges listed for longer, under version 10, and names those removed', () => {
    const playlist = { ...tenSeconds, serverControl: { ...serverControl, canSkipDateRanges: true } };
    const text = renderMediaPlaylist(playlist, { skip: 'v2' });
    expect(text).toContain('#EXT-X-VERSION:10\n');
    expect(text).toContain('#EXT-X-SKIP:SKIPPED-SEGMENTS=3,RECENTLY-REMOVED-DATERANGES="a\tb"\n');
    expect(text.match(/#EXT-X-DATERANGE:ID="\w+"/g)).toEqual([
      '#EXT-X-DATERANGE:ID="young"',
      '#EXT-X-DATERANGE:ID="undated"',
    ]);
    const halfASecondLater = { ...playlist, open: open(20) };
    expect(renderMediaPlaylist(halfASecondLater, { skip: 'v2' })).not.toContain('ID="young"');
    const nothingToDrop = renderMediaPlaylist({ ...playlist, dateRanges: [] }, { skip: 'v2' });
    expect(nothingToDrop).toContain('#EXT-X-VERSION:9\n');
    expect(renderMediaPlaylist({ ...playlist, recentlyRemovedDateRangeIds: [] }, { skip: 'v2' })).toContain(
      'RECENTLY-REMOVED-DATERANGES=""\n',
    );
  });

  it('35: v2 means YES where CAN-SKIP-DATERANGES is not offered', () => {
    expect(renderMediaPlaylist(tenSeconds, { skip: 'v2' })).toBe(renderMediaPlaylist(tenSeconds, { skip: 'YES' }));
  });

  it('33: the directive is ignored in a playlist that has ended or has no CAN-SKIP-UNTIL', () => {
    const noSkip = { canBlockReload: true, holdBackMs: 3000, partHoldBackMs: 1500 };
    for (const playlist of [
      { ...tenSeconds, endList: true },
      { ...tenSeconds, serverControl: noSkip },
    ]) {
      expect(renderMediaPlaylist(playlist, { skip: 'YES' })).toBe(renderMediaPlaylist(playlist));
    }
  });

  it('41: carries the rendition reports and hints of the whole playlist', () => {
    const playlist = live({
      segments: segments(1, 9),
      preloadHints: [{ type: 'PART', uri: '10.0.m4s' }],
      renditionReports: [{ uri: '2.m3u8', lastMediaSequence: 9 }],
    });
    const tail = '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="10.0.m4s"\n#EXT-X-RENDITION-REPORT:URI="2.m3u8",LAST-MSN=9\n';
    expect(renderMediaPlaylist(playlist, { skip: 'YES' }).endsWith(tail)).toBe(true);
  });
});

const readSkipped = (text: string): number => Number(/SKIPPED-SEGMENTS=(\d+)/.exec(text)?.[1] ?? 0);
