import type { Problem } from './problem.ts';
import { bitrateOf, HISTORY_MS, heardToMs, lagNowMs, lastHeardMs, type TrackHistory } from './track-history.ts';

/** What the limits of an input are and what time it is. */
export interface HealthLimits {
  /** Media without a keyframe beyond which the streamer is told. */
  readonly noKeyframeMs: number;
  /** What the input was promised to stay below, bits per second over all tracks. */
  readonly maxBitrateBps: number | undefined;
}

type Detector = (tracks: readonly TrackHistory[], limits: HealthLimits, nowMs: number) => Problem[];

/** A track is missing after this long beside others that go on, or three of its chunks when those are longer. */
const MISSING_MS = 5000;
/** What ears and eyes notice begins at about a tenth of it; below it clocks and queues differ. */
const DRIFT_MS = 500;
/** Media comes this much later than it did: soon it will not be there when it is due. */
const TOO_LATE_MS = 2000;
/** Shorter measurements than this say nothing of a rate. */
const LEAST_RATED_MS = 5000;
/** `btrt` speaks of a decoder's buffer; encoders exceed it for moments. */
const BTRT_ALLOWANCE = 1.5;
const DECLARED_ALLOWANCE = 1.05;
/** Keyframes of renditions that are meant to be the same are this close. */
const ALIGNED_MS = 100;
const LEAST_MISALIGNED = 3;

const noKeyframe: Detector = (tracks, { noKeyframeMs }) =>
  tracks.flatMap((track) => {
    const sinceMs = heardToMs(track) - (track.keyframesMs.at(-1) ?? track.firstStartMs);
    if (track.kind !== 'video' || sinceMs <= noKeyframeMs) return [];
    const sentence = `No keyframe for more than ${noKeyframeMs / 1000} s; players cannot start or switch. Set a keyframe interval of 1 or 2 s.`;
    return { code: 'no_keyframe', trackId: track.trackId, severity: 'error', sentence };
  });

const startsWithoutKeyframe: Detector = (tracks) =>
  tracks.flatMap(({ kind, keyframesMs, trackId }) =>
    kind === 'video' && keyframesMs.length === 0
      ? {
          code: 'starts_without_keyframe',
          trackId,
          severity: 'warning',
          sentence: 'The first video chunk does not begin with a keyframe; players wait for the next one.',
        }
      : [],
  );

const missingTrack: Detector = (tracks, _limits, nowMs) =>
  tracks.flatMap((track) => {
    if (track.kind !== 'video' && track.kind !== 'audio') return [];
    const last = track.chunks.at(-1);
    const patienceMs = Math.max(MISSING_MS, last === undefined ? 0 : 3 * (last.endMs - last.startMs));
    const isQuiet = nowMs - lastHeardMs(track) > patienceMs;
    const othersGoOn = tracks.some((other) => other !== track && nowMs - lastHeardMs(other) <= patienceMs);
    if (!isQuiet || !othersGoOn) return [];
    const code = track.kind === 'video' ? 'video_missing' : 'audio_missing';
    const sentence = `Track ${track.trackId} brings nothing while others go on; its playlists show gaps when it comes back.`;
    return { code, trackId: track.trackId, severity: 'error', sentence };
  });

const bitrate: Detector = (tracks, { maxBitrateBps }) => {
  const rates = tracks.map((track) => ({ track, bps: bitrateOf(track, LEAST_RATED_MS) }));
  const total = rates.reduce((sum, { bps }) => sum + (bps ?? 0), 0);
  const problems: Problem[] = rates.flatMap(({ track: { trackId, declaredMaxBitrate }, bps }) =>
    declaredMaxBitrate !== undefined && bps !== undefined && bps > declaredMaxBitrate * BTRT_ALLOWANCE
      ? {
          code: 'bitrate_above_declared',
          trackId,
          severity: 'warning',
          sentence: `Track ${trackId} sends more than the ${declaredMaxBitrate} bit/s that its init segment declares.`,
        }
      : [],
  );
  if (maxBitrateBps !== undefined && total > maxBitrateBps * DECLARED_ALLOWANCE) {
    const sentence = `All tracks together send more than the ${maxBitrateBps} bit/s that this input is limited to.`;
    problems.push({ code: 'bitrate_above_declared', severity: 'warning', sentence });
  }
  return problems;
};

const driftMs = (track: TrackHistory): number => lagNowMs(track) - track.usualLagMs;

/** Tracks of one epoch that were heard lately and long enough to know their pace. */
const comparable = (tracks: readonly TrackHistory[], nowMs: number): TrackHistory[] =>
  tracks.filter(
    (track) =>
      track.epoch === tracks[0]?.epoch &&
      nowMs - lastHeardMs(track) <= MISSING_MS &&
      heardToMs(track) - track.firstStartMs > HISTORY_MS,
  );

const avDrift: Detector = (tracks, _limits, nowMs) => {
  const [first, ...rest] = comparable(tracks, nowMs).filter(({ kind }) => kind === 'video' || kind === 'audio');
  if (first === undefined) return [];
  const drifts = [first, ...rest].map((track) => ({ track, ms: driftMs(track) }));
  const video = drifts.find(({ track }) => track.kind === 'video');
  if (video === undefined) return [];
  return drifts.flatMap(({ track, ms }) =>
    track.kind === 'audio' && Math.abs(ms - video.ms) > DRIFT_MS
      ? {
          code: 'av_drift',
          trackId: track.trackId,
          severity: 'warning',
          sentence: `The timestamps of audio track ${track.trackId} and of the video run apart by more than ${DRIFT_MS} ms; check the clocks of the sources.`,
        }
      : [],
  );
};

const tooSlow: Detector = (tracks, _limits, nowMs) => {
  const heard = comparable(tracks, nowMs);
  const isLate = heard.length > 0 && heard.every((track) => lagNowMs(track) - track.bestLagMs > TOO_LATE_MS);
  if (!isLate) return [];
  const sentence =
    'Media comes slower than it plays: the encoder or its network is overloaded. Lower the bitrate or the resolution.';
  return [{ code: 'encoder_too_slow', severity: 'error', sentence }];
};

const misaligned: Detector = (tracks) => {
  const [first, ...others] = tracks.filter(({ kind, epoch }) => kind === 'video' && epoch === tracks[0]?.epoch);
  if (first === undefined) return [];
  return others.flatMap((track) => {
    const alone = Math.min(lonely(first, track), lonely(track, first));
    if (alone < LEAST_MISALIGNED) return [];
    const sentence = `Keyframes of tracks ${first.trackId} and ${track.trackId} are not at the same times; players may stall when they switch.`;
    return { code: 'keyframes_misaligned', trackId: track.trackId, severity: 'warning', sentence };
  });
};

/** Keyframes of one track, in the time that both have, without one of the other. */
function lonely(one: TrackHistory, other: TrackHistory): number {
  const [fromMs, toMs] = [other.keyframesMs[0] ?? Infinity, other.keyframesMs.at(-1) ?? -Infinity];
  return one.keyframesMs.filter(
    (atMs) =>
      atMs >= fromMs - ALIGNED_MS &&
      atMs <= toMs + ALIGNED_MS &&
      !other.keyframesMs.some((otherMs) => Math.abs(otherMs - atMs) <= ALIGNED_MS),
  ).length;
}

const DETECTORS: readonly Detector[] = [
  noKeyframe,
  startsWithoutKeyframe,
  missingTrack,
  bitrate,
  avDrift,
  tooSlow,
  misaligned,
];

/** Everything that is wrong with an input at this moment, as far as its tracks' histories show it. */
export const problemsOf: (...args: Parameters<Detector>) => Problem[] = (tracks, limits, nowMs) =>
  DETECTORS.flatMap((detect) => detect(tracks, limits, nowMs));
