import * as fc from 'fast-check';
import { chunkOf, NUMBERS, runChunks } from '../../test/media.ts';
import { gapEnd, lossBefore } from './gap.ts';

const END = { epoch: 0, ticks: 90_000n, timescale: 90_000 };
const chunkAt = (startMs: number, facts: Partial<Parameters<typeof chunkOf>[0]> = {}) =>
  chunkOf({ streamSequence: 9, startMs, ...facts });

describe('what a track lost', () => {
  it('is what lies between its end and its next chunk, when that is more than jitter', () => {
    expect(lossBefore(END, chunkAt(4000), NUMBERS)).toEqual({ fromTicks: 90_000n, toTicks: 360_000n });
    expect(lossBefore(END, chunkAt(2000), NUMBERS)).toBeUndefined();
    expect(lossBefore(END, chunkAt(2001), NUMBERS)).toBeDefined();
    expect(lossBefore(END, chunkAt(500), NUMBERS)).toBeUndefined();
  });

  it('is nothing at the start of a track, in another epoch or on another timescale', () => {
    expect(lossBefore(undefined, chunkAt(9000), NUMBERS)).toBeUndefined();
    expect(lossBefore(END, chunkAt(9000, { epoch: 1 }), NUMBERS)).toBeUndefined();
    expect(lossBefore(END, chunkAt(9000, { timescale: 48_000 }), NUMBERS)).toBeUndefined();
  });

  it('is made up for by its last 600 segments at most', () => {
    const loss = lossBefore(END, chunkAt(86_400_000), NUMBERS)!;
    expect(loss.toTicks - loss.fromTicks).toBe(600n * 180_000n);
  });
});

describe('the gap segments of a loss', () => {
  it('are equal, fill it, keep to the target, and are the same when begun again after any of them', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 2n ** 40n }),
        fc.constantFrom(1000, 44_100, 90_000, 10_000_000),
        fc.constantFrom(900, 1920, 2002, 6000),
        (lossTicks, timescale, segmentTargetMs) => {
          const numbers = { ...NUMBERS, segmentTargetMs };
          const fromTicks = 2n ** 60n;
          const chunk = chunkOf({ streamSequence: 1, timescale, decodeTimeTicks: fromTicks + lossTicks });
          let end = { epoch: 0, ticks: fromTicks, timescale };
          let loss = lossBefore(end, chunk, numbers);
          fc.pre(loss !== undefined);
          const whole = loss;
          const lengths: bigint[] = [];
          while (loss !== undefined && end.ticks < chunk.decodeTimeTicks) {
            const toTicks = gapEnd(loss, timescale, numbers);
            lengths.push(toTicks - loss.fromTicks);
            end = { ...end, ticks: toTicks };
            loss = lossBefore(end, chunk, numbers);
          }
          expect(end.ticks).toBe(chunk.decodeTimeTicks);
          expect(lengths.reduce((sum, one) => sum + one, 0n)).toBe(whole.toTicks - whole.fromTicks);
          expect(lengths.length).toBeLessThanOrEqual(600);
          const longest = lengths.reduce((most, one) => (one > most ? one : most));
          expect(Number(longest) / timescale).toBeLessThanOrEqual(segmentTargetMs / 1000 + 1 / timescale);
          expect(lengths.every((one) => longest - one <= 1n)).toBe(true);
        },
      ),
    );
  });

  it('stand between the segments around them, take numbers and links of the chain, and are told of once', () => {
    const before = [0, 500, 1000].map((startMs, index) =>
      chunkOf({ streamSequence: index + 1, startMs, independent: index === 0 }),
    );
    const after = chunkOf({ streamSequence: 4, startMs: 6500 });
    const { records, effects, state } = runChunks([...before, after]);
    expect(
      records.map((record) => [record.mediaSequence, record.closedBy, record.durationMs, record.sizeBytes]),
    ).toEqual([
      [0, 'gap', 1500, before.reduce((sum, chunk) => sum + chunk.bytes.length, 0)],
      [1, 'gap', 1666.667, 0],
      [2, 'gap', 1666.667, 0],
      [3, 'gap', 1666.667, 0],
    ]);
    expect(records.map((record) => Math.round(record.startEpochMs - 1_700_000_000_000))).toEqual([0, 1500, 3167, 4833]);
    expect(records.every((record) => record.resumeSequence === 4 && record.discontinuitySequence === 0)).toBe(true);
    const closed = effects.filter((effect) => effect.kind === 'segment_closed').map((effect) => effect.segment);
    expect(closed[1]).toMatchObject({ gap: true, parts: [], sizeBytes: 0, chain: records[1]!.chain });
    expect(closed[1]).not.toHaveProperty('sha256');
    expect(effects.filter((effect) => effect.kind === 'problem').map((problem) => problem.code)).toEqual([
      'media_lost',
    ]);
    expect(state.tracks.get(1)?.open).toMatchObject({ mediaSequence: 4, decodeTimeTicks: after.decodeTimeTicks });
  });
});
