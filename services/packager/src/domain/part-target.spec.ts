import * as fc from 'fast-check';
import { chunkOf, eventOf, runEvents, WISHES } from '../../test/media.ts';
import type { MediaChunk } from './media-event.ts';
import { choosePartTarget, cutParts, type ChunkSpan } from './part-target.ts';
import { newSegmenter } from './segmenter.ts';

const TIMESCALE = 90_000;

/** Chunks of these lengths one after another; those at the given places are keyframes. */
function spans(lengthsMs: readonly number[], keyframes: readonly number[] = [0], ticksPerSec = TIMESCALE): ChunkSpan[] {
  let decodeTimeTicks = 0n;
  return lengthsMs.map((ms, index) => {
    const durationTicks = BigInt(Math.round((ms * ticksPerSec) / 1000));
    const span = { decodeTimeTicks, durationTicks, timescale: ticksPerSec, independent: keyframes.includes(index) };
    decodeTimeTicks += durationTicks;
    return span;
  });
}

const repeated = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);
const everyOne = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
/** Chunks of audio: decoding can start with each. */
const audio = (lengthsMs: readonly number[]): ChunkSpan[] => spans(lengthsMs, everyOne(lengthsMs.length), 48_000);

const choose = (segments: ChunkSpan[][], wantedMs = 500): number | undefined =>
  choosePartTarget({ segments, wantedMs, limitMs: 1000 });

describe('the part target', () => {
  it.each([
    { what: 'the wanted length, where whole chunks come near enough', lengths: repeated(50, 40), target: 500 },
    { what: 'two chunks of 200 ms: 400 of 500 is less than 85 %', lengths: repeated(10, 200), target: 400 },
    { what: 'the length of chunks that are longer than the wanted one', lengths: repeated(3, 667), target: 667 },
    { what: 'nothing where a chunk is longer than half a segment', lengths: repeated(2, 1001), target: undefined },
    { what: 'a whole number of frames of 30000/1001', lengths: repeated(60, 33.367), target: 500 },
  ])('is $what', ({ lengths, target }) => {
    expect(choose([spans(lengths)])).toBe(target);
  });

  it('suits video and audio at once', () => {
    expect(choose([spans(repeated(4, 500)), audio(repeated(4, 512))])).toBe(512);
    expect(choose([spans(repeated(10, 200)), audio(repeated(4, 512))])).toBe(600);
  });

  it('leaves room where chunks were seen to differ, since a part that is too long could never be listed', () => {
    expect(choose([spans(repeated(4, 500)), audio([469.333, 512, 512, 512])])).toBe(538);
  });

  it('lets a part be short that has a keyframe, where no even cut exists', () => {
    const lengths = [400, 400, 200, 400, 400, 200];
    const target = choose([spans(lengths, [0, 3])], 500);
    expect(target).toBe(600);
    expect(cutParts(spans(lengths, [0, 3]), 600).map((part) => Number(part.durationTicks) / 90)).toEqual([
      400, 600, 400, 600,
    ]);
  });

  it('is the same for a timescale of 10 MHz and decode times beyond 2^53', () => {
    const far = spans(repeated(10, 200), [0], 10_000_000).map((span) => ({
      ...span,
      decodeTimeTicks: span.decodeTimeTicks + 2n ** 60n,
    }));
    expect(choose([far])).toBe(400);
  });

  it('follows variable frame rate, whose chunks are small', () => {
    const lengths = Array.from({ length: 60 }, (_, index) => 16 + ((index * 7) % 40));
    expect(choose([spans(lengths)])).toBe(500);
  });
});

interface Stream {
  readonly kind: 'video' | 'audio';
  readonly timescale: number;
  /** Lengths of the chunks of one GOP, ms. */
  readonly gopMs: readonly number[];
}

const timescale = fc.constantFrom(90_000, 48_000, 1000, 10_000_000);
const chunkMs = fc.integer({ min: 20, max: 900 });

/** GOPs of up to 4 s, which are learned whole. */
const video: fc.Arbitrary<Stream> = fc.record({
  kind: fc.constant('video' as const),
  timescale,
  gopMs: fc.oneof(
    fc
      .tuple(chunkMs, fc.integer({ min: 1, max: 40 }))
      .map(([ms, n]) => repeated(Math.min(n, Math.ceil(4000 / ms)), ms)),
    fc.array(chunkMs, { minLength: 1, maxLength: 4 }),
  ),
});

/** Chunks that differ by no more than what room is left for. */
const sound: fc.Arbitrary<Stream> = fc.record({
  kind: fc.constant('audio' as const),
  timescale,
  gopMs: chunkMs.map((ms) => [ms, Math.floor(ms * 0.97)]),
});

const anyTracks = fc
  .tuple(fc.array(video, { maxLength: 2 }), fc.array(sound, { maxLength: 1 }))
  .map((both) => both.flat());

/** 9 s of a stream that repeats its GOP. */
function chunksOf({ kind, timescale: ticksPerSec, gopMs }: Stream, trackId: number): MediaChunk[] {
  const chunks: MediaChunk[] = [];
  let decodeTimeTicks = 0n;
  for (let index = 0; decodeTimeTicks < 9n * BigInt(ticksPerSec); index += 1) {
    const lengthMs = gopMs[index % gopMs.length] ?? 0;
    const durationTicks = BigInt(Math.round((lengthMs * ticksPerSec) / 1000));
    const independent = kind === 'audio' || index % gopMs.length === 0;
    chunks.push(
      chunkOf({
        streamSequence: 0,
        trackId,
        kind,
        timescale: ticksPerSec,
        decodeTimeTicks,
        durationTicks,
        independent,
      }),
    );
    decodeTimeTicks += durationTicks;
  }
  return chunks;
}

const endMs = (chunk: MediaChunk): number =>
  Number((chunk.decodeTimeTicks + chunk.durationTicks) * 1000n) / chunk.timescale;

/** As an encoder sends them: by the time at which they end. */
const inOrder = (streams: readonly Stream[]): MediaChunk[] =>
  streams
    .flatMap((one, index) => chunksOf(one, index + 1))
    .toSorted((a, b) => endMs(a) - endMs(b))
    .map((chunk, index) => ({ ...chunk, streamSequence: index + 1 }));

describe('the parts of any steady stream', () => {
  it('are of 85 % to 100 % of the part target, but for those with a keyframe and the last of a segment, or there are none', () => {
    let lowLatencyRuns = 0;
    fc.assert(
      fc.property(anyTracks, (tracks) => {
        const { state, records, effects } = runEvents(newSegmenter(undefined, WISHES), inOrder(tracks).map(eventOf));
        const targetMs = state.numbers?.partTargetMs;
        // A GOP that had to be cut short is not as long as the one that was learned from.
        fc.pre(records.every((record) => record.closedBy === 'boundary'));
        if (targetMs === undefined) return;
        lowLatencyRuns += 1;
        expect(2 * targetMs).toBeLessThanOrEqual(state.numbers?.segmentTargetMs ?? 0);
        for (const effect of effects) {
          if (effect.kind !== 'segment_closed') continue;
          for (const [index, part] of effect.segment.parts.entries()) {
            expect(part.durationMs).toBeLessThanOrEqual(targetMs);
            const isExcused = part.independent || index === effect.segment.parts.length - 1;
            if (!isExcused) expect(part.durationMs).toBeGreaterThanOrEqual(0.85 * targetMs);
          }
        }
        expect(effects.filter((effect) => effect.kind === 'problem' && effect.code === 'part_duration_uneven')).toEqual(
          [],
        );
      }),
      { numRuns: 120 },
    );
    expect(lowLatencyRuns).toBeGreaterThan(10);
  });

  it('are announced with the chunk that completes them when one more like it would be too much', () => {
    const chunks = inOrder([{ kind: 'video', timescale: 90_000, gopMs: repeated(10, 200) }]);
    let state = newSegmenter({ targetDurationSec: 2, segmentTargetMs: 2000, partTargetMs: 400 }, WISHES);
    const completedBy: number[] = [];
    for (const chunk of chunks.slice(0, 11)) {
      const run = runEvents(state, [eventOf(chunk)]);
      state = run.state;
      if (run.effects.some((effect) => effect.kind === 'part_finished')) completedBy.push(chunk.streamSequence);
    }
    expect(completedBy).toEqual([2, 4, 6, 8, 10]);
  });
});
