import { chunkOf, eventOf, NUMBERS, runChunks, runEvents, sha256, WISHES } from '../../test/media.ts';
import type { MediaChunk, MediaEvent } from './media-event.ts';
import { pendingFrom } from './segmenter-state.ts';
import { newSegmenter, resumeTrack } from './segmenter.ts';

/** Chunks of 0.5 s; those at multiples of `gop` are keyframes. */
const video = (count: number, gop: number, from = 0): MediaChunk[] =>
  Array.from({ length: count }, (_, index) =>
    chunkOf({
      streamSequence: from + index + 1,
      startMs: (from + index) * 500,
      independent: (from + index) % gop === 0,
    }),
  );

/** Chunks of 0.1 s. */
const audio = (count: number): MediaChunk[] =>
  Array.from({ length: count }, (_, index) =>
    chunkOf({ kind: 'audio', streamSequence: index + 1, startMs: index * 100, lengthMs: 100 }),
  );

const durations = (chunks: MediaChunk[]): number[] => runChunks(chunks).records.map((record) => record.durationMs);

describe('the segmenter', () => {
  it('closes a segment at a keyframe when 0.9 of the target has passed', () => {
    const { records } = runChunks(video(13, 4));
    expect(records.map((record) => [record.mediaSequence, record.durationMs, record.closedBy])).toEqual([
      [0, 2000, 'boundary'],
      [1, 2000, 'boundary'],
      [2, 2000, 'boundary'],
    ]);
  });

  it('joins short GOPs up to the target', () => {
    expect(durations(video(9, 2))).toEqual([2000, 2000]);
  });

  it('ends a segment early where another GOP like the last would not fit the target duration', () => {
    expect(durations(video(10, 3))).toEqual([1500, 1500, 1500]);
  });

  it('cuts a GOP that is too long at a chunk bound, names the problem, and begins anew at the next keyframe', () => {
    const { records, effects } = runChunks(video(13, 6));
    expect(records.map((record) => [record.durationMs, record.independent, record.closedBy])).toEqual([
      [2000, true, 'forced_cut'],
      [1000, false, 'boundary'],
      [2000, true, 'forced_cut'],
      [1000, false, 'boundary'],
    ]);
    expect(effects.filter((effect) => effect.kind === 'problem').map((problem) => problem.code)).toEqual([
      'keyframe_interval_too_long',
      'keyframe_interval_too_long',
    ]);
  });

  it('names a chunk that is longer than the target duration allows', () => {
    const { effects } = runChunks([
      chunkOf({ streamSequence: 1, lengthMs: 3000 }),
      chunkOf({ streamSequence: 2, startMs: 3000 }),
    ]);
    expect(effects.filter((effect) => effect.kind === 'problem').map((problem) => problem.code)).toEqual([
      'part_duration_uneven',
      'segment_longer_than_target',
    ]);
  });

  it('does not wait for the next chunk where every chunk can begin a segment', () => {
    const gops = [0, 1, 2].map((index) =>
      chunkOf({ streamSequence: index + 1, startMs: index * 2000, lengthMs: 2000 }),
    );
    expect(durations(gops)).toEqual([2000, 2000, 2000]);
  });

  it('ends audio at the chunk bound nearest to the grid, without drift', () => {
    const aac = Array.from({ length: 2000 }, (_, index) =>
      chunkOf({
        trackId: 2,
        kind: 'audio',
        streamSequence: index + 1,
        timescale: 48_000,
        decodeTimeTicks: BigInt(index * 1024),
        durationTicks: 1024n,
      }),
    );
    const { records } = runChunks(aac);
    expect(records).toHaveLength(21);
    for (const [index, record] of records.entries()) {
      const endMs = Number(record.decodeTimeTicks + record.durationTicks) / 48;
      expect(Math.abs(endMs - (index + 1) * 2000)).toBeLessThan(1024 / 48 / 2 + 0.001);
    }
  });

  it('keeps the audio grid for a successor that begins in the middle', () => {
    const whole = runChunks(audio(100)).records;
    const resumed = resumeTrack(newSegmenter(NUMBERS, WISHES), whole[1]!);
    const rest = runEvents(resumed, audio(100).map(eventOf)).records;
    expect(rest).toEqual(whole.slice(2));
  });

  it('does not drift at decode times beyond 2^53', () => {
    const base = 2n ** 60n;
    const chunks = video(9, 4).map((chunk) => ({ ...chunk, decodeTimeTicks: chunk.decodeTimeTicks + base }));
    expect(durations(chunks)).toEqual([2000, 2000]);
    expect(runChunks(chunks).records[1]?.decodeTimeTicks).toBe(base + 180_000n);
  });

  it('closes the open segment when the epoch changes and counts the discontinuity', () => {
    const before = video(2, 4);
    const after = chunkOf({ streamSequence: 3, epoch: 1, startMs: 0, anchorEpochMs: 1_700_000_005_000 });
    const { records, state } = runChunks([...before, after]);
    expect(records).toMatchObject([{ durationMs: 1000, closedBy: 'epoch', discontinuitySequence: 0 }]);
    expect(state.tracks.get(1)?.open).toMatchObject({ epoch: 1, mediaSequence: 1 });
  });

  it('closes the open segment when the init changes, and not when the same one comes again', () => {
    const again: MediaEvent = { kind: 'init', trackId: 1, streamSequence: 2, epoch: 0, initSha256: sha256('init') };
    const other: MediaEvent = { ...again, streamSequence: 3, initSha256: sha256('other init') };
    const { records } = runEvents(newSegmenter(NUMBERS, WISHES), [...video(1, 4).map(eventOf), again, other]);
    expect(records).toMatchObject([{ closedBy: 'init_change', durationMs: 500 }]);
  });

  it.each(['end', 'silence'] as const)('closes the open segment at %s', (kind) => {
    const last: MediaEvent = kind === 'end' ? { kind, trackId: 1, streamSequence: 4 } : { kind, trackId: 1 };
    const { records, state } = runEvents(newSegmenter(NUMBERS, WISHES), [...video(3, 4).map(eventOf), last]);
    expect(records).toMatchObject([{ closedBy: kind, durationMs: 1500 }]);
    expect(pendingFrom(state)).toBeUndefined();
  });

  it('ignores a chunk that came again and one of an epoch that is over', () => {
    const [first, second] = video(2, 4);
    const late = chunkOf({ streamSequence: 5, epoch: 0, startMs: 9000 });
    const next = chunkOf({ streamSequence: 4, epoch: 1, startMs: 0 });
    const repeated = { ...second!, streamSequence: 3 };
    const { records, state } = runChunks([first!, second!, repeated, next, late]);
    expect(records).toMatchObject([{ durationMs: 1000, chunks: [{ streamSequence: 1 }, { streamSequence: 2 }] }]);
    expect(state.tracks.get(1)?.open?.chunks).toHaveLength(1);
  });

  it('makes parts of whole chunks that are never longer than the part target', () => {
    const chunks = Array.from({ length: 51 }, (_, index) =>
      chunkOf({ streamSequence: index + 1, startMs: index * 40, lengthMs: 40, independent: index % 50 === 0 }),
    );
    const { records, effects } = runChunks(chunks, { ...NUMBERS, partTargetMs: 520 });
    expect(records[0]?.partChunkCounts).toEqual([13, 13, 13, 11]);
    const parts = effects.filter((effect) => effect.kind === 'part_finished').map((effect) => effect.part);
    expect(parts.map((part) => part.durationMs)).toEqual([520, 520, 520, 440]);
    expect(parts.map((part) => part.independent)).toEqual([true, false, false, false]);
  });

  it('finishes a part without waiting for the chunk after it', () => {
    const { effects } = runChunks(video(1, 4));
    expect(effects).toMatchObject([{ kind: 'part_finished', part: { partIndex: 0, durationMs: 500 } }]);
  });

  it('names the oldest message that is in no closed segment, over all tracks', () => {
    const sound = chunkOf({ trackId: 2, kind: 'audio', streamSequence: 3, startMs: 0, lengthMs: 100 });
    const chunks = [...video(2, 4), sound, ...video(7, 4, 3)];
    const { records, state } = runChunks(chunks);
    expect(records[0]?.resumeSequence).toBe(3);
    expect(pendingFrom(state)).toBe(3);
  });
});

describe('an input whose numbers are not known', () => {
  it('waits for the first GOP and then takes what waited', () => {
    const { records, state } = runEvents(newSegmenter(undefined, WISHES), video(5, 4).map(eventOf));
    expect(state.numbers).toEqual({ targetDurationSec: 2, segmentTargetMs: 2000, partTargetMs: 500 });
    expect(records).toMatchObject([{ mediaSequence: 0, durationMs: 2000 }]);
    expect(records[0]?.resumeSequence).toBe(5);
  });

  it('keeps its place in the stream while it waits', () => {
    const { state, effects } = runEvents(newSegmenter(undefined, WISHES), video(3, 4).map(eventOf));
    expect(effects).toEqual([]);
    expect(pendingFrom(state)).toBe(1);
  });
});
