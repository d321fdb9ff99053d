import type { LiveSource } from './live-source.ts';

/** The inputs that the cases are about. */
export interface Sources {
  /** Six segments of video and audio. */
  readonly live: LiveSource;
  /** Its account is unavailable. */
  readonly banned: LiveSource;
  /** Known, but nothing was ever sent. */
  readonly silent: LiveSource;
}

/** One request and what must come back, whichever way it takes through the service. */
export interface AnswerCase {
  readonly behaviour: string;
  readonly path: (sources: Sources) => string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly status: number;
  readonly error?: string;
  readonly answerHeaders?: Record<string, string>;
  readonly bodyBytes?: number;
}

/** A file of the live input. */
export const at = (name: string) => (sources: Sources) => `/live/${sources.live.row.externalId}/${name}`;
/** What each of its segments has. */
export const SEGMENT_BYTES = 3002;
/** What never changes under its URL. */
export const IMMUTABLE = 'public, max-age=31536000, immutable';
