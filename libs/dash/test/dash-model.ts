import { parse } from 'mpd-parser';
import type { DashManifest, DashPeriod, DashSegment, DashTrack } from '../src/manifest-model.ts';

/** Where the first period of these models begins. */
export const START_EPOCH_MS = Date.UTC(2026, 10, 21, 12, 0, 0, 0);

/** A segment of two seconds at 90 kHz, the first at decode time 0. */
export const segment = (mediaSequence: number, changes: Partial<DashSegment> = {}): DashSegment => ({
  mediaSequence,
  decodeTimeTicks: BigInt(mediaSequence) * 180_000n,
  durationTicks: 180_000n,
  independent: true,
  ...changes,
});

export const segments = (first: number, last: number): DashSegment[] =>
  Array.from({ length: last - first + 1 }, (_, index) => segment(first + index));

export const video = (trackId: number, changes: Partial<DashTrack> = {}): DashTrack => ({
  trackId,
  kind: 'video',
  codec: 'avc1.64001f',
  timescale: 90_000,
  peakBitrate: 3_000_000,
  width: 1280,
  height: 720,
  frameRate: 30,
  initUri: `${trackId}/init-a1.mp4`,
  segmentUri: { beforeNumber: `${trackId}/`, afterNumber: '.m4s' },
  segments: segments(7, 9),
  ...changes,
});

export const audio = (trackId: number, changes: Partial<DashTrack> = {}): DashTrack => {
  const {
    width: _w,
    height: _h,
    frameRate: _f,
    ...track
  } = video(trackId, {
    kind: 'audio',
    codec: 'mp4a.40.2',
    peakBitrate: 128_000,
    sampleRate: 48_000,
    channels: 2,
  });
  return { ...track, ...changes };
};

export const period = (tracks: DashTrack[], changes: Partial<DashPeriod> = {}): DashPeriod => ({
  id: '0',
  startEpochMs: START_EPOCH_MS,
  anchorEpochMs: START_EPOCH_MS,
  tracks,
  ...changes,
});

export const manifest = (periods: DashPeriod[], changes: Partial<DashManifest> = {}): DashManifest => ({
  periods,
  publishEpochMs: START_EPOCH_MS + 20_000,
  minimumUpdatePeriodMs: 2000,
  timeShiftBufferDepthMs: 30_000,
  maxSegmentDurationMs: 2000,
  minBufferMs: 2000,
  suggestedPresentationDelayMs: 6000,
  ...changes,
});

/** Parses with mpd-parser; throws at its first complaint. */
export function parseWithOracle(text: string): ReturnType<typeof parse> {
  return parse(text, {
    manifestUri: 'https://origin.example/live/li_a/manifest.mpd',
    eventHandler: ({ type, message }) => {
      if (type !== 'info') throw new Error(`mpd-parser: ${message}\n${text}`);
    },
  });
}
