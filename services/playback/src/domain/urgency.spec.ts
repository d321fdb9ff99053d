import fc from 'fast-check';
import type { TrackDescription } from '#shared/contracts';
import { mediaUrgency } from './urgency.ts';

const track = (kind: TrackDescription['kind']): TrackDescription => ({
  trackId: 1,
  name: '',
  kind,
  codec: 'avc1.64001f',
  timescale: 90_000,
  language: 'und',
});

describe('mediaUrgency', () => {
  it.each([
    ['audio', 320_000, 2],
    ['text', 1000, 2],
    ['video', 600_000, 3],
    ['video', 2_000_000, 4],
    ['video', 5_000_000, 5],
    ['video', 25_000_000, 6],
    ['video', 0, 6],
  ] as const)('of %s with %d bit/s is %d', (kind, peakBitrate, expected) => {
    expect(mediaUrgency({ track: track(kind), peakBitrate })).toBe(expected);
  });

  it('never puts a variant above one of a lower bitrate (hls.md 45)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e8 }), fc.integer({ min: 1, max: 1e8 }), (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((peakBitrate) =>
          mediaUrgency({ track: track('video'), peakBitrate }),
        );
        expect(high).toBeGreaterThanOrEqual(low ?? 7);
      }),
    );
  });
});
