import { beginMsOf, blockedPath, edgeOf } from './blocked-list.mjs';

const head = '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n#EXTINF:2,\n7.m4s\n';

describe('the edge of a low-latency playlist', () => {
  it('is the next segment when none is produced', () => {
    expect(edgeOf(head)).toEqual({ endMs: Date.UTC(2026, 0, 1, 0, 0, 2), next: { msn: 8, part: 0 } });
  });

  it('is the next part of the segment in production', () => {
    const text = `${head}#EXT-X-PART:DURATION=0.2,URI="8.0.m4s"\n#EXT-X-PART:DURATION=0.2,URI="8.1.m4s"\n`;
    expect(edgeOf(text)).toEqual({ endMs: Date.UTC(2026, 0, 1, 0, 0, 2, 400), next: { msn: 8, part: 2 } });
  });

  it('is asked for by both numbers', () => {
    expect(blockedPath('/live/lv_1/1.m3u8', { msn: 8, part: 2 })).toBe('/live/lv_1/1.m3u8?_HLS_msn=8&_HLS_part=2');
  });

  it('needs the whole stream to know where it began', () => {
    expect(() => beginMsOf(head)).toThrow('media sequence 0');
    expect(beginMsOf(head.replace(':7', ':0'))).toBe(Date.UTC(2026, 0, 1));
  });
});
