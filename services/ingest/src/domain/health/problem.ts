/** What a streamer can be told of an input. */
export const PROBLEM_CODES = [
  'av_drift',
  'audio_missing',
  'bitrate_above_declared',
  'encoder_too_slow',
  'keyframes_misaligned',
  'no_keyframe',
  'starts_without_keyframe',
  'timestamp_jump',
  'tracks_apart',
  'video_missing',
] as const;

/** A public code; docs/ingest.md says what each means. */
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** A problem as a detector sees it at one moment; without a track it is the whole input's. */
export interface Problem {
  readonly code: ProblemCode;
  readonly trackId?: number;
  readonly severity: 'info' | 'warning' | 'error';
  /** For the streamer: what is wrong and what helps, without a figure that would differ at each look. */
  readonly sentence: string;
}
