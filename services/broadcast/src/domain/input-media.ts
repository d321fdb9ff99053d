import type { BroadcastFailure } from '#shared/contracts';

/** The newest closed segment of a track. */
export interface TrackMedia {
  readonly startEpochMs: number;
  readonly endEpochMs: number;
  readonly durationMs: number;
  readonly closedAtMs: number;
}

/** What is known of an input's media. Times are ms since 1970. */
export interface InputMedia {
  readonly tracks: ReadonlyMap<number, TrackMedia>;
  /** Tracks whose init segment is on the bus, with or without a closed segment. */
  readonly announcedTrackIds?: readonly number[];
  /** When the newest chunk came in, as far as somebody looked. */
  readonly lastChunkAtMs?: number;
  readonly connectedAtMs?: number;
  readonly disconnectedAtMs?: number;
  readonly refusal?: { readonly atMs: number; readonly code: string; readonly detail: string };
}

/** Limits on what a broadcast waits for, ms. */
export interface MediaLimits {
  readonly reconnectWindowMs: number;
  readonly armTimeoutMs: number;
}

/** What to make of a broadcast's media. A verdict with `needsProof` is only followed when a fresh look at the bus confirms it. */
export type Verdict =
  | { kind: 'wait' }
  | { kind: 'playable'; needsProof: boolean }
  | { kind: 'silent'; needsProof: true; lastMediaEndMs: number }
  | { kind: 'unusable'; needsProof: true; reason: BroadcastFailure; error: string; lastMediaEndMs?: number };

/** Nothing known. */
export const NO_MEDIA: InputMedia = { tracks: new Map() };

/** A track without a segment for this long beside others that have some does not hold the start back. */
const TRACK_GRACE_MS = 4000;
/** A track that ended this long before the input's newest media is no longer part of it. */
const TRACK_LEFT_MS = 10_000;
/** How long an encoder whose media was refused may take to come back with better. */
const REFUSAL_GRACE_MS = 10_000;
/** A first chunk counts as life for this long before its segment must have closed. */
const FIRST_SEGMENT_MS = 10_000;

const WAIT: Verdict = { kind: 'wait' };

/** Where the closed media of an input ends. */
export function lastMediaEndMs(media: InputMedia): number | undefined {
  return newest([...media.tracks.values()].map((track) => track.endEpochMs));
}

/** Judges an armed or running broadcast by its input's media at `nowMs`. */
export function judgeBroadcast(
  broadcast: { state: 'starting' | 'running'; startEpochMs: number },
  media: InputMedia,
  at: { nowMs: number; limits: MediaLimits },
): Verdict {
  return broadcast.state === 'starting' ? judgeStarting(broadcast, media, at) : judgeRunning(broadcast, media, at);
}

function judgeStarting(
  broadcast: { startEpochMs: number },
  media: InputMedia,
  at: { nowMs: number; limits: MediaLimits },
): Verdict {
  const own = [...media.tracks].filter(([, track]) => track.startEpochMs >= broadcast.startEpochMs);
  if (own.length > 0) return judgeTracks(own, media, at.nowMs);
  const refusal = refusalOf(media, broadcast.startEpochMs);
  if (refusal !== undefined && at.nowMs - refusal.atMs > Math.min(REFUSAL_GRACE_MS, at.limits.armTimeoutMs))
    return refusal.verdict;
  if (at.nowMs - broadcast.startEpochMs <= at.limits.armTimeoutMs) return WAIT;
  if (refusal !== undefined) return refusal.verdict;
  if ((media.lastChunkAtMs ?? 0) >= broadcast.startEpochMs)
    return unusable('packaging_stalled', 'media arrives, but no segment was made of it');
  return unusable('no_media', `no media arrived within ${at.limits.armTimeoutMs} ms`);
}

/** Playable once every track has a segment of the broadcast, or those that have none kept the others waiting too long. */
function judgeTracks(own: Array<[number, TrackMedia]>, media: InputMedia, nowMs: number): Verdict {
  const ready = new Set(own.map(([trackId]) => trackId));
  const firstClosedAtMs = Math.min(...own.map(([, track]) => track.closedAtMs));
  if (nowMs - firstClosedAtMs > TRACK_GRACE_MS) return { kind: 'playable', needsProof: false };
  const inputEndMs = lastMediaEndMs(media) ?? 0;
  const awaited = [...media.tracks].some(
    ([trackId, track]) => !ready.has(trackId) && inputEndMs - track.endEpochMs < TRACK_LEFT_MS,
  );
  const announced = media.announcedTrackIds?.some((trackId) => !media.tracks.has(trackId)) ?? false;
  return awaited || announced ? WAIT : { kind: 'playable', needsProof: media.announcedTrackIds === undefined };
}

function judgeRunning(
  broadcast: { startEpochMs: number },
  media: InputMedia,
  { nowMs, limits }: { nowMs: number; limits: MediaLimits },
): Verdict {
  const tracks = [...media.tracks.values()];
  const closedAtMs = newest(tracks.map((track) => track.closedAtMs)) ?? broadcast.startEpochMs;
  const longestMs = newest(tracks.map((track) => track.durationMs)) ?? 0;
  const endMs = lastMediaEndMs(media) ?? broadcast.startEpochMs;
  // A segment in the making shows nothing until it closes; chunks are the finer sign of life.
  if (nowMs - closedAtMs <= limits.reconnectWindowMs + longestMs) return WAIT;
  if (nowMs - (media.lastChunkAtMs ?? 0) > limits.reconnectWindowMs)
    return { kind: 'silent', needsProof: true, lastMediaEndMs: endMs };
  if (nowMs - closedAtMs <= Math.max(limits.armTimeoutMs, 2 * limits.reconnectWindowMs)) return WAIT;
  return unusable('packaging_stalled', 'media arrives, but no segment was made of it', endMs);
}

function refusalOf(media: InputMedia, sinceMs: number): { atMs: number; verdict: Verdict } | undefined {
  const { refusal } = media;
  if (refusal === undefined || refusal.atMs < sinceMs || (media.lastChunkAtMs ?? 0) > refusal.atMs) return undefined;
  const reason = refusal.code === 'UnsupportedMedia' ? 'unsupported_media' : 'invalid_media';
  return { atMs: refusal.atMs, verdict: unusable(reason, `${refusal.code}: ${refusal.detail}`) };
}

const unusable = (reason: BroadcastFailure, error: string, endMs?: number): Verdict => ({
  kind: 'unusable',
  needsProof: true,
  reason,
  error,
  ...(endMs === undefined ? {} : { lastMediaEndMs: endMs }),
});

/** The public status of an input, streams.md A-08. */
export function inputStatus(media: InputMedia, nowMs: number): 'idle' | 'live' | 'errored' {
  const tracks = [...media.tracks.values()];
  const closedAtMs = newest(tracks.map((track) => track.closedAtMs)) ?? 0;
  const connectedAtMs = media.connectedAtMs ?? 0;
  const leftAtMs = Math.max(media.disconnectedAtMs ?? 0, media.refusal?.atMs ?? 0);
  if ((media.refusal?.atMs ?? 0) > Math.max(closedAtMs, connectedAtMs)) return 'errored';
  if (leftAtMs > Math.max(closedAtMs, connectedAtMs)) return 'idle';
  const longestMs = newest(tracks.map((track) => track.durationMs)) ?? 0;
  const aliveAtMs = Math.max(closedAtMs + longestMs, connectedAtMs);
  return nowMs - aliveAtMs <= FIRST_SEGMENT_MS ? 'live' : 'idle';
}

const newest = (times: number[]): number | undefined => (times.length === 0 ? undefined : Math.max(...times));
