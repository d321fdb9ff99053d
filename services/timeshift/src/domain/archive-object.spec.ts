import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import type { SegmentClosed } from '#shared/contracts';
import {
  ArchiveObjectError,
  buildArchiveObject,
  decodeTrailer,
  TRAILER_FOOT_BYTES,
  trailerSizeBytes,
  type SegmentToArchive,
} from './archive-object.ts';

const HOUR_MS = 3_600_000;
const START_MS = 490_000 * HOUR_MS + 59 * 60_000;
const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const closedOf = (mediaSequence: number, bytes: Uint8Array): SegmentClosed => ({
  inputId: 'li_abcdefgh',
  trackId: 1 + (mediaSequence % 2),
  partition: 0,
  fence: 1,
  epoch: 2,
  mediaSequence,
  discontinuitySequence: 2,
  startEpochMs: START_MS + mediaSequence * 2000 + 0.125,
  durationMs: 2000.5,
  decodeTimeTicks: 1n,
  durationTicks: 180_000n,
  timescale: 90_000,
  independent: true,
  initSha256: 'ab'.repeat(32),
  sizeBytes: bytes.length,
  sha256: sha256Of(bytes),
  chain: sha256Of(Buffer.from(`chain ${mediaSequence}`)),
  chunks: [],
  partChunkCounts: [],
  closedBy: 'boundary',
  resumeSequence: 0,
  closedAtMs: 0,
});

const segmentsOf = (sizes: ReadonlyArray<number | undefined>): SegmentToArchive[] =>
  sizes.map((size, index) => {
    const bytes = Buffer.alloc(size ?? 10, index + 1);
    return {
      journalSequence: 100 + index,
      closed: closedOf(index, bytes),
      bytes: size === undefined ? undefined : bytes,
    };
  });

const trailerOf = (object: Buffer): Buffer =>
  object.subarray(object.length - trailerSizeBytes(object.subarray(-TRAILER_FOOT_BYTES)));

describe('archive object', () => {
  it('holds the bytes of every segment at its row, and tells the rows again from its end', () => {
    const sizes = fc.array(fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(sizes, (chosen) => {
        const segments = segmentsOf(chosen);
        const { bytes, trailer } = buildArchiveObject('media/key', 7, segments);
        const read = decodeTrailer(trailerOf(bytes));
        expect(read.rows.toSorted((a, b) => a.mediaSequence - b.mediaSequence)).toEqual(trailer.rows);
        for (const { closed, bytes: sent } of segments) {
          const row = read.rows.find((candidate) => candidate.mediaSequence === closed.mediaSequence)!;
          const found = bytes.subarray(row.offsetBytes, row.offsetBytes + row.sizeBytes);
          expect(found.equals(sent ?? Buffer.alloc(0))).toBe(true);
        }
      }),
    );
  });

  it('names its journal range, its writer and the chain of each segment', () => {
    const segments = segmentsOf([5, 6, undefined]);
    const { bytes } = buildArchiveObject('media/key', 7, segments);
    expect(decodeTrailer(trailerOf(bytes))).toMatchObject({
      inputId: 'li_abcdefgh',
      fence: 7,
      journalFrom: 100,
      journalThrough: 102,
      chains: segments.map(({ closed: { trackId, mediaSequence, chain } }) => ({ trackId, mediaSequence, chain })),
    });
  });

  it('makes a gap row of a segment without bytes', () => {
    const { trailer } = buildArchiveObject('media/key', 7, segmentsOf([5, undefined, 6]));
    expect(trailer.rows.map((row) => [row.offsetBytes, row.sizeBytes])).toEqual([
      [0, 5],
      [5, 0],
      [5, 6],
    ]);
  });

  it('spans the hour bound', () => {
    const { bytes, trailer } = buildArchiveObject('media/key', 7, segmentsOf(Array.from({ length: 60 }, () => 3)));
    expect(new Set(trailer.rows.map((row) => Math.floor(row.startEpochMs / HOUR_MS))).size).toBe(2);
    expect(decodeTrailer(trailerOf(bytes)).rows).toHaveLength(60);
  });

  it('is refused when any byte of the trailer is not as it was written', () => {
    const trailer = trailerOf(buildArchiveObject('media/key', 7, segmentsOf([5, 6])).bytes);
    fc.assert(
      fc.property(fc.nat(trailer.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(trailer);
        damaged[at]! ^= flip;
        expect(() => decodeTrailer(damaged)).toThrow(ArchiveObjectError);
      }),
    );
  });

  it('is refused when it is cut short or something else', () => {
    const trailer = trailerOf(buildArchiveObject('media/key', 7, segmentsOf([5])).bytes);
    expect(() => decodeTrailer(trailer.subarray(1))).toThrow(/trailer: expected \d+ bytes, got \d+/);
    expect(() => trailerSizeBytes(trailer.subarray(0, -1))).toThrow(ArchiveObjectError);
    expect(() => trailerSizeBytes(Buffer.alloc(3))).toThrow(/expected HWAR0001 at its end/);
  });
});
