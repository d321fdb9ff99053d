import { createFile, MP4BoxBuffer, type Sample } from 'mp4box';
import { concat } from './boxes.ts';

/** The sample table that mp4box builds, by `track_ID`, and the bytes each sample addresses. */
export function oracleSamples(init: Uint8Array, chunks: readonly Uint8Array[]) {
  const bytes = concat(init, ...chunks);
  const file = createFile(true);
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(bytes.slice().buffer, 0), true);
  const table = new Map<number, { sample: Sample; data: Uint8Array }[]>();
  for (const trak of file.moov.traks) {
    const samples = trak.samples.map((sample) => ({
      sample,
      data: bytes.subarray(sample.offset, sample.offset + sample.size),
    }));
    table.set(trak.tkhd.track_id, samples);
  }
  return table;
}
