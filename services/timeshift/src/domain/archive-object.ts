import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { decodeHourBlob, encodeHourBlob, hourOf, TimelineError, type SegmentEntry } from '#timeline';
import { Fence, LiveInputId, MediaSequence, Sha256, TrackId, type SegmentClosed } from '#shared/contracts';

// Layout: segment bytes, then the trailer: facts as JSON (u32 length before it), hour blobs one after the other,
// CRC-32 of all that, its length u32, magic. Big-endian. Readable from its end, so that the bucket alone gives the index back.
const MAGIC = Buffer.from('HWAR0001', 'latin1');
/** CRC-32, length of the trailer's body, magic. */
export const TRAILER_FOOT_BYTES = 4 + 4 + MAGIC.length;

const TrailerFacts = z.object({
  inputId: LiveInputId,
  fence: Fence,
  journalFrom: z.number().int(),
  journalThrough: z.number().int(),
  hourBlobSizes: z.array(z.number().int().min(1)).min(1),
  chains: z.array(z.object({ trackId: TrackId, mediaSequence: MediaSequence, chain: Sha256 })),
});

/** What an archive object says of itself. */
export interface ArchiveTrailer {
  readonly inputId: string;
  readonly fence: number;
  /** First and last journal record that is in the object. */
  readonly journalFrom: number;
  readonly journalThrough: number;
  readonly rows: readonly SegmentEntry[];
  /** Chain value of each segment (design decision 20). */
  readonly chains: ReadonlyArray<{ trackId: number; mediaSequence: number; chain: string }>;
}

/** A segment on its way into an object; without bytes it becomes a gap row. */
export interface SegmentToArchive {
  readonly journalSequence: number;
  readonly closed: SegmentClosed;
  readonly bytes: Uint8Array | undefined;
}

/** An object whose end is not that of an archive object, or is damaged. */
export class ArchiveObjectError extends Error {
  override readonly name = 'ArchiveObjectError';
}

/** One object of all segments given, of one input: their bytes verbatim in that order, then the trailer. Throws TimelineError when a value does not fit the index. */
export function buildArchiveObject(
  objectKey: string,
  fence: number,
  segments: readonly SegmentToArchive[],
): { bytes: Buffer; trailer: ArchiveTrailer } {
  let offsetBytes = 0;
  const rows: SegmentEntry[] = [];
  for (const { closed, bytes } of segments) {
    rows.push(rowOf(closed, { objectKey, offsetBytes, sizeBytes: bytes?.byteLength ?? 0 }));
    offsetBytes += bytes?.byteLength ?? 0;
  }
  const sequences = segments.map((segment) => segment.journalSequence);
  const trailer: ArchiveTrailer = {
    inputId: segments[0]?.closed.inputId ?? '',
    fence,
    journalFrom: Math.min(...sequences),
    journalThrough: Math.max(...sequences),
    rows,
    chains: segments.map(({ closed: { trackId, mediaSequence, chain } }) => ({ trackId, mediaSequence, chain })),
  };
  const pieces = segments.flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes]));
  return { bytes: Buffer.concat([...pieces, encodeTrailer(trailer)]), trailer };
}

/** Why a record does not fit the index; undefined when it does. One that does not would hold up its batch for ever. */
export function whyNotIndexable(closed: SegmentClosed): string | undefined {
  try {
    encodeHourBlob([rowOf(closed, { objectKey: '', offsetBytes: 0, sizeBytes: closed.sizeBytes })]);
    return undefined;
  } catch (error) {
    if (error instanceof TimelineError) return error.message;
    throw error;
  }
}

const rowOf = (
  closed: SegmentClosed,
  place: Pick<SegmentEntry, 'objectKey' | 'offsetBytes' | 'sizeBytes'>,
): SegmentEntry => ({
  trackId: closed.trackId,
  epoch: closed.epoch,
  mediaSequence: closed.mediaSequence,
  startEpochMs: closed.startEpochMs,
  durationMs: closed.durationMs,
  discontinuitySequence: closed.discontinuitySequence,
  initSha256: closed.initSha256,
  sha256: closed.sha256,
  ...place,
});

function encodeTrailer(trailer: ArchiveTrailer): Buffer {
  const hours = new Set(trailer.rows.map((row) => hourOf(row.startEpochMs)));
  const blobs = [...hours].map((hour) =>
    encodeHourBlob(trailer.rows.filter((row) => hourOf(row.startEpochMs) === hour)),
  );
  const { rows: _rows, ...facts } = trailer;
  const json = Buffer.from(JSON.stringify({ ...facts, hourBlobSizes: blobs.map((blob) => blob.byteLength) }));
  const body = Buffer.concat([uint32(json.length), json, ...blobs]);
  return Buffer.concat([body, uint32(crc32(body)), uint32(body.length), MAGIC]);
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** How many bytes at the end of an object are its trailer, from the object's last {@link TRAILER_FOOT_BYTES} or more. Throws ArchiveObjectError. */
export function trailerSizeBytes(tail: Uint8Array): number {
  const foot = Buffer.from(tail).subarray(-TRAILER_FOOT_BYTES);
  if (foot.length < TRAILER_FOOT_BYTES || !foot.subarray(8).equals(MAGIC))
    throw new ArchiveObjectError(`archive object: expected ${MAGIC.toString()} at its end, got other bytes`);
  return foot.readUInt32BE(4) + TRAILER_FOOT_BYTES;
}

/** Reads a whole trailer. Throws ArchiveObjectError when it is damaged. */
export function decodeTrailer(trailer: Uint8Array): ArchiveTrailer {
  const bytes = Buffer.from(trailer.buffer, trailer.byteOffset, trailer.byteLength);
  if (trailerSizeBytes(bytes) !== bytes.length)
    throw new ArchiveObjectError(`trailer: expected ${trailerSizeBytes(bytes)} bytes, got ${bytes.length}`);
  const body = bytes.subarray(0, -TRAILER_FOOT_BYTES);
  const expected = bytes.readUInt32BE(body.length);
  if (crc32(body) !== expected)
    throw new ArchiveObjectError(`trailer: expected checksum ${expected}, got ${crc32(body)}`);
  const jsonEnd = 4 + body.readUInt32BE(0);
  const { hourBlobSizes, ...facts } = TrailerFacts.parse(JSON.parse(body.toString('utf8', 4, jsonEnd)));
  let at = jsonEnd;
  const rows = hourBlobSizes.flatMap((sizeBytes) => {
    at += sizeBytes;
    return decodeHourBlob(body.subarray(at - sizeBytes, at));
  });
  return { ...facts, rows };
}
