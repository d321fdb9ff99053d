import type { WindowSegment } from '#shared/contracts';

/** Bits per second of a track over its window. */
export interface Bitrates {
  readonly peakBitrate: number;
  readonly averageBitrate: number;
}

/**
 * The bitrates after one more segment. The peak never falls, since BANDWIDTH should not change while a playlist is played;
 * segments shorter than half the target do not count for it (RFC 8216bis 4.1: peak segment bit rate), unless nothing else is there.
 */
export function bitratesOf(
  segments: readonly WindowSegment[],
  segmentTargetMs: number,
  previousPeak: number,
): Bitrates {
  const present = segments.filter((segment) => segment.gap === undefined);
  const whole = present.filter((segment) => segment.durationMs * 2 >= segmentTargetMs);
  const counted = whole.length > 0 ? whole : present;
  const sizeBytes = present.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  const durationMs = present.reduce((sum, segment) => sum + segment.durationMs, 0);
  return {
    peakBitrate: Math.max(previousPeak, ...counted.map((segment) => rateOf(segment.sizeBytes, segment.durationMs))),
    averageBitrate: rateOf(sizeBytes, durationMs),
  };
}

const rateOf = (sizeBytes: number, durationMs: number): number =>
  durationMs <= 0 ? 0 : Math.round((sizeBytes * 8000) / durationMs);
