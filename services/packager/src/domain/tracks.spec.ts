import { chunkOf, eventOf, runEvents, WISHES, type Run } from '../../test/media.ts';
import type { MediaChunk } from './media-event.ts';
import { newSegmenter } from './segmenter.ts';

interface TrackPlan {
  readonly trackId: number;
  readonly kind?: MediaChunk['kind'];
  readonly timescale?: number;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly chunkMs?: number | ((index: number) => number);
  /** Every chunk when absent. */
  readonly isKeyframe?: (startMs: number) => boolean;
  readonly baseTicks?: bigint;
  /** Chunks that begin in here are not there. */
  readonly without?: readonly [fromMs: number, toMs: number];
}

const PLAN: Required<Omit<TrackPlan, 'trackId'>> = {
  ...{ timescale: 90_000, startMs: 0, endMs: 12_000, baseTicks: 0n, chunkMs: 500 },
  kind: 'video',
  isKeyframe: () => true,
  without: [0, 0],
};

/** The chunks of one track. */
function trackOf(plan: TrackPlan): MediaChunk[] {
  const { trackId, kind, timescale, startMs, endMs, baseTicks, chunkMs, isKeyframe, without } = { ...PLAN, ...plan };
  const chunks: MediaChunk[] = [];
  const ticksAt = (ms: number): bigint => BigInt(Math.round((ms * timescale) / 1000));
  for (let atMs = startMs, index = 0; atMs < endMs; index += 1) {
    const lengthMs = typeof chunkMs === 'number' ? chunkMs : chunkMs(index);
    const [decodeTimeTicks, durationTicks] = [ticksAt(atMs) + baseTicks, ticksAt(atMs + lengthMs) - ticksAt(atMs)];
    const facts = { trackId, kind, timescale, decodeTimeTicks, durationTicks, independent: isKeyframe(atMs) };
    const isLost = atMs >= without[0] && atMs < without[1];
    if (!isLost) chunks.push(chunkOf({ streamSequence: 0, ...facts }));
    atMs += lengthMs;
  }
  return chunks;
}

/** Tracks as an encoder sends them side by side, from nothing known. */
function run(...plans: TrackPlan[]): Run {
  const base = new Map(plans.map((plan) => [plan.trackId, plan.baseTicks ?? 0n]));
  const endSec = (chunk: MediaChunk): number =>
    Number(chunk.decodeTimeTicks + chunk.durationTicks - (base.get(chunk.trackId) ?? 0n)) / chunk.timescale;
  const chunks = plans.flatMap(trackOf).toSorted((a, b) => endSec(a) - endSec(b));
  const numbered = chunks.map((chunk, index) => ({ ...chunk, streamSequence: index + 1 }));
  return runEvents(newSegmenter(undefined, WISHES), numbered.map(eventOf));
}

const everyGop =
  (gopMs: number, offsetMs = 0) =>
  (startMs: number) =>
    (startMs - offsetMs) % gopMs === 0;
const lengthsOf = ({ records }: Run, trackId: number): number[] =>
  records.filter((record) => record.trackId === trackId).map((record) => record.durationMs);
const problemsOf = ({ effects }: Run): string[] =>
  effects.filter((effect) => effect.kind === 'problem').map((problem) => `${problem.trackId ?? ''} ${problem.code}`);

const VIDEO: TrackPlan = { trackId: 1, isKeyframe: everyGop(2000) };
const AUDIO: TrackPlan = { trackId: 2, kind: 'audio', timescale: 48_000, chunkMs: 512 };

describe('a track', () => {
  it('that begins late joins where the others are, and has no parts where its chunks do not fit the frozen target', () => {
    const late = run(VIDEO, { ...AUDIO, startMs: 5120 });
    const [first] = late.records.filter((record) => record.trackId === 2);
    expect(first).toMatchObject({ mediaSequence: 0, startEpochMs: 1_700_000_005_120, discontinuitySequence: 0 });
    expect(new Set(problemsOf(late))).toEqual(new Set(['2 part_duration_uneven']));
    expect(problemsOf(run(VIDEO, { ...AUDIO, chunkMs: 256, startMs: 5120 }))).toEqual([]);
  });

  it('that stalls leaves the others as they are, and gets gap segments over what it lost', () => {
    const stalled = run(VIDEO, { ...AUDIO, without: [4000, 9000] });
    expect(lengthsOf(stalled, 1)).toEqual(lengthsOf(run(VIDEO, AUDIO), 1));
    const audio = stalled.records.filter((record) => record.trackId === 2);
    expect(audio.map((record) => [record.mediaSequence, record.gap ?? false])).toEqual([
      [0, false],
      [1, false],
      [2, true],
      [3, true],
      [4, true],
      [5, false],
      [6, false],
    ]);
    const gapMs = audio.filter((record) => record.gap).reduce((sum, record) => sum + record.durationMs, 0);
    expect(gapMs).toBeCloseTo(5120, 1);
    expect(problemsOf(stalled)).toEqual(['2 media_lost']);
  });

  it('of audio alone is cut every 2 s at the nearest chunk', () => {
    expect(lengthsOf(run(AUDIO), 2)).toEqual([2048, 2048, 2048, 2048, 2048, 1536]);
  });

  it('of video alone is cut at its keyframes', () => {
    expect(lengthsOf(run(VIDEO), 1)).toEqual([2000, 2000, 2000, 2000, 2000]);
  });

  it('of each language is cut alike', () => {
    const languages = run(VIDEO, AUDIO, { ...AUDIO, trackId: 3 }, { ...AUDIO, trackId: 4, chunkMs: 256 });
    expect(lengthsOf(languages, 3)).toEqual(lengthsOf(languages, 2));
    expect(lengthsOf(languages, 4).every((ms) => Math.abs(ms - 2048) <= 256)).toBe(true);
  });
});

describe('renditions', () => {
  it('whose keyframes stand apart keep their own places and the same numbers', () => {
    const ladder = run(
      ...[0, 500, 1000, 1500, 0].map((offsetMs, index) => ({
        trackId: index + 1,
        isKeyframe: everyGop(2000, offsetMs),
      })),
    );
    for (const trackId of [1, 2, 3, 4, 5]) {
      const records = ladder.records.filter((record) => record.trackId === trackId);
      for (const { mediaSequence, startEpochMs } of records)
        expect(Math.abs(startEpochMs - 1_700_000_000_000 - mediaSequence * 2000)).toBeLessThan(2000);
    }
  });

  it('that miss a keyframe are cut without one, in step with the others, and begin anew at the next', () => {
    const ladder = run(VIDEO, { ...VIDEO, trackId: 2, isKeyframe: (ms) => ms % 2000 === 0 && ms !== 4000 });
    expect(lengthsOf(ladder, 2)).toEqual(lengthsOf(ladder, 1));
    const independent = ladder.records.filter((record) => record.trackId === 2).map((record) => record.independent);
    expect(independent).toEqual([true, true, false, true, true]);
    expect(problemsOf(ladder)).toEqual(['2 keyframe_interval_too_long']);
  });

  it('without any keyframe are cut at the target', () => {
    const never = run(VIDEO, { ...VIDEO, trackId: 2, isKeyframe: () => false });
    expect(lengthsOf(never, 2)).toEqual([2000, 2000, 2000, 2000, 2000]);
  });
});

describe('timing', () => {
  it('of variable frame rate gives parts near the target, whole keyframes apart', () => {
    const vfr = run({
      ...VIDEO,
      chunkMs: (index) => [16, 50, 33, 21][index % 4] ?? 0,
      isKeyframe: (ms) => ms % 1920 === 0,
    });
    const parts = vfr.effects
      .filter((effect) => effect.kind === 'part_finished')
      .map((effect) => effect.part.durationMs);
    expect(Math.max(...parts)).toBeLessThanOrEqual(500);
    expect(lengthsOf(vfr, 1)).toEqual([1920, 1920, 1920, 1920, 1920, 1920]);
    expect(problemsOf(vfr)).toEqual([]);
  });

  it('of muted audio (DTX), where frames are long or not sent, stays on the grid and has no gap below a second', () => {
    const dtx = run(VIDEO, {
      ...AUDIO,
      chunkMs: (index) => [20, 400, 60, 20, 500][index % 5] ?? 0,
      without: [5020, 5480],
    });
    expect(problemsOf(dtx)).toEqual([]);
    const ends = dtx.records
      .filter((record) => record.trackId === 2)
      .map((record) => Number(record.decodeTimeTicks + record.durationTicks) / 48);
    for (const [index, endMs] of ends.entries()) expect(Math.abs(endMs - (index + 1) * 2000)).toBeLessThanOrEqual(500);
  });

  it.each([
    { what: 'beyond 2^53', baseTicks: 2n ** 60n, timescale: 90_000 },
    { what: 'at a timescale of 10 MHz', baseTicks: 17_000_000_000_000_001n, timescale: 10_000_000 },
    { what: 'below zero, as primed audio has them', baseTicks: -1024n, timescale: 48_000 },
  ])('$what is exact', ({ baseTicks, timescale }) => {
    const exact = run({ ...VIDEO, baseTicks, timescale });
    expect(lengthsOf(exact, 1)).toEqual([2000, 2000, 2000, 2000, 2000]);
    expect(exact.records.map((record) => record.decodeTimeTicks)).toEqual(
      [0n, 2n, 4n, 6n, 8n].map((sec) => baseTicks + sec * BigInt(timescale)),
    );
  });
});

describe('text and metadata', () => {
  it.each(['text', 'metadata'] as const)(
    'of kind %s are cut on the grid and have no say in the length of parts',
    (kind) => {
      const captioned = run(VIDEO, { trackId: 3, kind, timescale: 1000, chunkMs: 2000 });
      expect(captioned.state.numbers).toEqual({ targetDurationSec: 2, segmentTargetMs: 2000, partTargetMs: 500 });
      expect(lengthsOf(captioned, 3)).toEqual([2000, 2000, 2000, 2000, 2000, 2000]);
      expect(problemsOf(captioned)).toEqual([]);
    },
  );

  it('whose cues stand alone get gap segments between them, since there is nothing to fetch', () => {
    const sparse = run(VIDEO, { trackId: 3, kind: 'text', timescale: 1000, chunkMs: 1000, without: [2000, 8000] });
    const gaps = sparse.records.filter((record) => record.trackId === 3 && record.gap);
    expect(gaps.map((record) => record.durationMs)).toEqual([2000, 2000, 2000]);
  });
});

describe('keyframes', () => {
  it('are listed with the place of their chunk in the segment and the end of their first sample', () => {
    const plan = trackOf({ trackId: 1, endMs: 2501, isKeyframe: everyGop(1000) });
    const chunks = plan.map((chunk, index) => ({
      ...chunk,
      streamSequence: index + 1,
      bytes: Buffer.alloc(100 + index),
      keyframeEndBytes: chunk.independent ? 40 + index : undefined,
    }));
    const numbers = { targetDurationSec: 2, segmentTargetMs: 2000, partTargetMs: 500 };
    const { records } = runEvents(newSegmenter(numbers, WISHES), chunks.map(eventOf));
    expect(records[0]?.keyframes).toEqual([
      { offsetMs: 0, offsetBytes: 0, sizeBytes: 40 },
      { offsetMs: 1000, offsetBytes: 201, sizeBytes: 42 },
    ]);
  });
});
