import { frameRateFrom } from './frame-rate.ts';
import type { TrackTiming } from './model.ts';

const timing = (sampleCount: number, durationTicks: bigint, firstSampleTicks?: number): TrackTiming => ({
  trackId: 1,
  decodeTimeTicks: 0n,
  presentationStartTicks: 0n,
  independent: true,
  sampleCount,
  durationTicks,
  firstSampleTicks: firstSampleTicks ?? Number(durationTicks) / Math.max(1, sampleCount),
});

describe('frameRateFrom', () => {
  it.each([
    [24_000 / 1001, 24_000, 48, 48_048n],
    [24, 24_000, 48, 48_000n],
    [30_000 / 1001, 90_000, 15, 45_045n],
    [30, 15_360, 15, 7680n],
    [60_000 / 1001, 1000, 60, 1001n],
    [25, 1000, 50, 2001n],
  ])('gives %f frames per second', (expected, timescale, sampleCount, durationTicks) => {
    expect(frameRateFrom(timing(sampleCount, durationTicks), timescale)).toBe(expected);
  });

  it('leaves out a first sample that audio priming made longer', () => {
    expect(frameRateFrom(timing(15, 8008n, 840), 15_360)).toBe(30);
  });

  it.each([
    [0, 100n],
    [5, 0n],
  ])('is undefined for %i samples of %s ticks', (sampleCount, durationTicks) => {
    expect(frameRateFrom(timing(sampleCount, durationTicks), 1000)).toBeUndefined();
  });
});
