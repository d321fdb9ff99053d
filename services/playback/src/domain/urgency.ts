import type { TrackWindow } from '#shared/contracts';

/** How urgent an answer is (RFC 9218 4.1): 0 the most, 7 the least. */
export type Urgency = 1 | 2 | 3 | 4 | 5 | 6;

/** Playlists, and whatever says why there is none (hls.md 45). */
export const PLAYLIST_URGENCY: Urgency = 1;
/** Nothing plays without it, and it is small. */
export const INIT_URGENCY: Urgency = 2;

/** Recorded media, whose bitrates the archive does not tell apart: all alike. */
export const SHIFTED_URGENCY: Urgency = 4;

const AUDIO_URGENCY: Urgency = 2;
/** Bits per second below which video has an urgency. */
const VIDEO_STEPS = [
  [1_200_000, 3],
  [3_000_000, 4],
  [7_000_000, 5],
] as const;
const LEAST: Urgency = 6;

/**
 * The urgency of segments and parts: sound and text first, then video by its measured peak. As it falls with the bitrate of the track
 * alone, no variant is ever above one of a lower bitrate (hls.md 45), whichever node answers.
 */
export function mediaUrgency({ track, peakBitrate }: Pick<TrackWindow, 'track' | 'peakBitrate'>): Urgency {
  if (track.kind !== 'video') return AUDIO_URGENCY;
  // Not measured yet: it may be any.
  if (peakBitrate <= 0) return LEAST;
  return VIDEO_STEPS.find(([belowBps]) => peakBitrate < belowBps)?.[1] ?? LEAST;
}
