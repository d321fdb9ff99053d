import { problemsOf, type HealthLimits } from './detectors.ts';
import { hear, HISTORY_MS, type TrackHistory, type TrackNature } from './track-history.ts';

const LIMITS: HealthLimits = { noKeyframeMs: 10_000, maxBitrateBps: undefined };
const CHUNK_MS = 500;

interface Shape {
  readonly toMs?: number;
  readonly epoch?: number;
  /** Keyframe at these times of the media. */
  readonly keyframeAt?: (startMs: number) => boolean;
  /** When a chunk that ends then comes. */
  readonly arrivesMs?: (endMs: number) => number;
  /** Start of a chunk on the wall clock of the epoch. */
  readonly startsMs?: (startMs: number) => number;
  readonly sizeBytes?: number;
  readonly declared?: number;
}

const eachSecond = (startMs: number): boolean => startMs % 1000 === 0;

function track(trackId: number, kind: TrackNature['kind'], shape: Shape = {}): TrackHistory {
  const { toMs = 20_000, epoch = 0, keyframeAt = eachSecond, sizeBytes = 1000, declared } = shape;
  const { arrivesMs = (endMs) => endMs + 100, startsMs = (startMs) => startMs } = shape;
  const nature = { trackId, kind, epoch, declaredMaxBitrate: declared };
  let history: TrackHistory | undefined;
  for (let at = 0; at < toMs; at += CHUNK_MS) {
    const startMs = startsMs(at);
    history = hear(history, nature, {
      startMs,
      endMs: startMs + CHUNK_MS,
      arrivalMs: arrivesMs(at + CHUNK_MS),
      sizeBytes,
      independent: kind !== 'video' || keyframeAt(at),
    });
  }
  if (history === undefined) throw new Error('expected a chunk');
  return history;
}

const codesOf = (tracks: TrackHistory[], nowMs = 20_100, limits: Partial<HealthLimits> = {}): string[] =>
  problemsOf(tracks, { ...LIMITS, ...limits }, nowMs).map(({ code, trackId }) => `${code} ${trackId ?? 'all'}`);

describe('problemsOf', () => {
  it('finds nothing wrong with a good stream', () => {
    expect(codesOf([track(1, 'video'), track(2, 'video'), track(3, 'audio')])).toEqual([]);
  });

  it('misses a keyframe after the limit, and from the start of a stream that has none', () => {
    const once = track(1, 'video', { keyframeAt: (startMs) => startMs === 0 });
    expect(codesOf([once])).toEqual(['no_keyframe 1']);
    const never = track(1, 'video', { keyframeAt: () => false, toMs: 5000 });
    expect(codesOf([never])).toEqual(['starts_without_keyframe 1']);
  });

  it.each(['video', 'audio'] as const)('misses %s that stays away while the other goes on', (kind) => {
    const other = kind === 'video' ? 'audio' : 'video';
    const tracks = [track(1, kind, { toMs: 10_000 }), track(2, other)];
    expect(codesOf(tracks)).toEqual([`${kind}_missing 1`]);
    expect(codesOf(tracks, 15_000)).toEqual([]);
  });

  it('misses nobody when all are silent, and no text, which is sparse', () => {
    expect(codesOf([track(1, 'video'), track(2, 'audio')], 40_000)).toEqual([]);
    expect(codesOf([track(1, 'text', { toMs: 1000 }), track(2, 'audio')])).toEqual([]);
  });

  it('measures the bitrate against the limit of the input and against what the init declares', () => {
    const loud = track(1, 'video', { sizeBytes: 62_500, declared: 2_000_000 });
    expect(codesOf([loud, track(2, 'audio')])).toEqual([]);
    expect(codesOf([loud], 20_100, { maxBitrateBps: 900_000 })).toEqual(['bitrate_above_declared all']);
    const liar = track(1, 'video', { sizeBytes: 62_500, declared: 600_000 });
    expect(codesOf([liar])).toEqual(['bitrate_above_declared 1']);
  });

  it('sees audio run away from video, in either direction', () => {
    for (const rate of [0.9, 1.1]) {
      const audio = track(2, 'audio', { startsMs: (startMs) => startMs * rate });
      expect(codesOf([track(1, 'video'), audio], 20_100)).toContain('av_drift 2');
    }
    const skewed = track(2, 'audio', { arrivesMs: (endMs) => endMs + 1500 });
    expect(codesOf([track(1, 'video'), skewed], 21_500)).toEqual([]);
  });

  it('sees an encoder that falls behind the wall clock, and not one that stuttered and caught up', () => {
    const slow = { arrivesMs: (endMs: number) => endMs * 1.5 };
    expect(codesOf([track(1, 'video', slow), track(2, 'audio', slow)], 30_000)).toEqual(['encoder_too_slow all']);
    const stutter = { arrivesMs: (endMs: number) => (endMs > 10_000 && endMs < 16_000 ? 16_000 : endMs + 100) };
    expect(codesOf([track(1, 'video', stutter)])).toEqual([]);
  });

  it('sees renditions whose keyframes never meet, and accepts more keyframes in one of them', () => {
    const shifted = track(2, 'video', { keyframeAt: (startMs) => startMs % 1000 === 500 });
    expect(codesOf([track(1, 'video'), shifted])).toEqual(['keyframes_misaligned 2']);
    const sparse = track(2, 'video', { keyframeAt: (startMs) => startMs % 4000 === 0 });
    expect(codesOf([track(1, 'video'), sparse])).toEqual([]);
  });

  it('begins anew with each epoch', () => {
    const before = track(1, 'video', { keyframeAt: (startMs) => startMs === 0 });
    const chunk = { startMs: 500_000, endMs: 500_500, arrivalMs: 20_600, sizeBytes: 1, independent: true };
    const after = hear(before, { ...before, epoch: 1 }, chunk);
    expect(after).toMatchObject({ epoch: 1, firstStartMs: 500_000, keyframesMs: [500_000] });
    expect(after.chunks).toHaveLength(1);
  });

  it('remembers a bounded time and number of chunks', () => {
    const long = track(1, 'video', { toMs: 100_000 });
    expect(long.chunks.length).toBeLessThanOrEqual(HISTORY_MS / CHUNK_MS + 1);
    expect(track(1, 'video', { toMs: 1_000_000, arrivesMs: () => 0 }).chunks).toHaveLength(512);
    expect(long.keyframesMs).toHaveLength(16);
  });
});
