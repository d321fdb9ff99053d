import type { TrackWindow, WindowSegment } from '#shared/contracts';

export const NOW_MS = 1_700_000_000_000;
const HASH = 'ab'.repeat(32);

/** A closed segment of 2 s that starts 2 s after the one before. */
export const segment = (mediaSequence: number, facts: Partial<WindowSegment> = {}): WindowSegment => ({
  mediaSequence,
  epoch: 0,
  discontinuitySequence: 0,
  startEpochMs: NOW_MS - 100_000 + mediaSequence * 2000,
  durationMs: 2000,
  independent: true,
  initSha256: HASH,
  sizeBytes: 1000,
  sha256: mediaSequence.toString(16).padStart(64, '0'),
  parts: [],
  ...facts,
});

/** A window of one track with segments `first` to `last`. */
export const trackWindow = (
  trackId: number,
  [first, last]: [number, number],
  facts: Partial<TrackWindow> = {},
): TrackWindow => ({
  inputId: 'li_0123456789',
  fence: 1,
  revision: 0,
  track: { trackId, name: 'v', kind: 'video', codec: 'avc1.64001f', timescale: 90_000, language: 'und' },
  numbers: { targetDurationSec: 2, segmentTargetMs: 2000, partTargetMs: 500 },
  segments: Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => segment(first + index)),
  open: null,
  lastAppendMs: NOW_MS,
  peakBitrate: 1_000_000,
  averageBitrate: 800_000,
  archivedThrough: -1,
  ...facts,
});

/** The same as an audio track. */
export const audioWindow = (
  trackId: number,
  range: [number, number],
  facts: Partial<TrackWindow> = {},
): TrackWindow => ({
  ...trackWindow(trackId, range, facts),
  track: { trackId, name: 'a', kind: 'audio', codec: 'mp4a.40.2', timescale: 48_000, language: 'eng', channels: 2 },
});
