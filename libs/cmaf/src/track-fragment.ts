import type { BoxCursor } from './box-cursor.ts';
import { CmafError } from './cmaf-error.ts';

/** `tfhd` (ISO/IEC 14496-12, 8.8.7). */
export interface TrackFragmentHeader {
  trackId: number;
  flags: number;
  baseDataOffset: bigint | undefined;
  defaultDurationTicks: number | undefined;
  defaultSizeBytes: number | undefined;
  defaultFlags: number | undefined;
}

/** The fixed fields of a `trun` (8.8.8) and where its per-sample records lie. */
export interface TrackRun {
  flags: number;
  sampleCount: number;
  /** Bytes from the base to the first sample; undefined: it follows the run before. */
  dataOffset: number | undefined;
  firstSampleFlags: number | undefined;
  /** Position of the first record in the cursor's view. */
  recordsStart: number;
  recordBytes: number;
}

export const TFHD_BASE_DATA_OFFSET = 0x1;
export const TFHD_DEFAULT_BASE_IS_MOOF = 0x20000;
export const TRUN_DATA_OFFSET = 0x1;
export const TRUN_DURATION = 0x100;
export const TRUN_SIZE = 0x200;
export const TRUN_FLAGS = 0x400;
export const TRUN_COMPOSITION = 0x800;

const TFHD_DESCRIPTION = 0x2;
const TFHD_DURATION = 0x8;
const TFHD_SIZE = 0x10;
const TFHD_FLAGS = 0x20;
const TRUN_FIRST_FLAGS = 0x4;

/** Bounds a run whose samples take no bytes in it; with 32-bit durations the sum of a fragment also stays below 2^53. */
export const MAX_SAMPLES_PER_FRAGMENT = 0x10_0000;

/** Reads the `tfhd` the cursor stands on. */
export function readTrackFragmentHeader(box: BoxCursor): TrackFragmentHeader {
  box.need(8);
  const { view } = box;
  const flags = view.getUint32(box.payload) & 0xff_ffff;
  box.need(trackFragmentHeaderBytes(flags));
  let position = box.payload + 8;
  const next = (flag: number): number | undefined => {
    if ((flags & flag) === 0) return undefined;
    position += 4;
    return view.getUint32(position - 4);
  };
  let baseDataOffset: bigint | undefined;
  if (flags & TFHD_BASE_DATA_OFFSET) {
    baseDataOffset = view.getBigUint64(position);
    position += 8;
  }
  next(TFHD_DESCRIPTION);
  return {
    trackId: view.getUint32(box.payload + 4),
    flags,
    baseDataOffset,
    defaultDurationTicks: next(TFHD_DURATION),
    defaultSizeBytes: next(TFHD_SIZE),
    defaultFlags: next(TFHD_FLAGS),
  };
}

function trackFragmentHeaderBytes(flags: number): number {
  let bytes = 8;
  if (flags & TFHD_BASE_DATA_OFFSET) bytes += 8;
  if (flags & TFHD_DESCRIPTION) bytes += 4;
  if (flags & TFHD_DURATION) bytes += 4;
  if (flags & TFHD_SIZE) bytes += 4;
  if (flags & TFHD_FLAGS) bytes += 4;
  return bytes;
}

/** Reads the `trun` the cursor stands on and checks that its records fit in it. */
export function readTrackRun(box: BoxCursor): TrackRun {
  box.need(8);
  const { view } = box;
  const flags = view.getUint32(box.payload) & 0xff_ffff;
  const sampleCount = view.getUint32(box.payload + 4);
  const hasOffset = (flags & TRUN_DATA_OFFSET) !== 0;
  const hasFirstFlags = (flags & TRUN_FIRST_FLAGS) !== 0;
  const headBytes = 8 + (hasOffset ? 4 : 0) + (hasFirstFlags ? 4 : 0);
  const recordBytes = trackRunRecordBytes(flags);
  if (sampleCount > MAX_SAMPLES_PER_FRAGMENT) throw tooManySamples(sampleCount);
  box.need(headBytes + sampleCount * recordBytes);
  const firstFlagsAt = box.payload + (hasOffset ? 12 : 8);
  return {
    flags,
    sampleCount,
    dataOffset: hasOffset ? view.getInt32(box.payload + 8) : undefined,
    firstSampleFlags: hasFirstFlags ? view.getUint32(firstFlagsAt) : undefined,
    recordsStart: box.payload + headBytes,
    recordBytes,
  };
}

/** The error for a fragment that claims more samples than any has. */
export const tooManySamples = (sampleCount: number): CmafError =>
  new CmafError(
    'fragment_malformed',
    `trun claims ${sampleCount} samples, the limit of a fragment is ${MAX_SAMPLES_PER_FRAGMENT}`,
  );

function trackRunRecordBytes(flags: number): number {
  const fields = (flags >>> 8) & 0xf;
  return 4 * ((fields & 1) + ((fields >>> 1) & 1) + ((fields >>> 2) & 1) + (fields >>> 3));
}

/** Where a field lies inside a record: after the fields with a lower flag; -1 when the run does not have it. */
export function recordFieldOffset(flags: number, field: number): number {
  return flags & field ? trackRunRecordBytes(flags & (field - 1)) : -1;
}
