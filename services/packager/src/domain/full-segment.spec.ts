import { chunkOf, runChunks } from '../../test/media.ts';
import type { MediaChunk } from './media-event.ts';

const CHUNK_MS = 500;

/** Of each part in order: its segment, and whether the packager said that the segment was full with it. */
function saidFull(chunks: readonly MediaChunk[]): Array<{ mediaSequence: number; full: boolean }> {
  return runChunks([...chunks]).effects.flatMap((effect) =>
    effect.kind === 'part_finished'
      ? [{ mediaSequence: effect.segment.mediaSequence, full: effect.segment.full === true }]
      : [],
  );
}

/** Whether each part but the newest really was the last of its segment. */
const wereLast = (parts: ReadonlyArray<{ mediaSequence: number }>): boolean[] =>
  parts.slice(0, -1).map(({ mediaSequence }, index) => parts[index + 1]!.mediaSequence !== mediaSequence);

describe('the expectation that a segment is full', () => {
  it.each([1, 2, 3, 4])('holds for keyframes every %i chunks once their cadence is known', (gop) => {
    const chunks = Array.from({ length: 40 }, (_, index) =>
      chunkOf({ streamSequence: index + 1, startMs: index * CHUNK_MS, independent: index % gop === 0 }),
    );
    const parts = saidFull(chunks);
    const known = parts.length / 2;
    expect(parts.slice(known, -1).map(({ full }) => full)).toEqual(wereLast(parts).slice(known));
    expect(wereLast(parts)).toContain(true);
  });

  it('is certain for audio from its first part on', () => {
    const chunks = Array.from({ length: 60 }, (_, index) =>
      chunkOf({ kind: 'audio', streamSequence: index + 1, startMs: index * 213, lengthMs: 213 }),
    );
    const parts = saidFull(chunks);
    expect(parts.slice(0, -1).map(({ full }) => full)).toEqual(wereLast(parts));
  });

  it('is never more than an expectation: a keyframe that comes late goes into no wrong segment', () => {
    const keyframes = new Set([0, 4, 8, 13, 17]);
    const chunks = Array.from({ length: 20 }, (_, index) =>
      chunkOf({ streamSequence: index + 1, startMs: index * CHUNK_MS, independent: keyframes.has(index) }),
    );
    const { records } = runChunks(chunks);
    expect(records.map(({ mediaSequence }) => mediaSequence)).toEqual(records.map((_, index) => index));
  });
});
