import type { ObjectStore } from '#shared/object-store';
import { decodeTrailer, trailerSizeBytes, type ArchiveTrailer } from './domain/archive-object.ts';

/** Most trailers fit: about 90 segments of 60 bytes in the index and 120 in the facts. */
const FIRST_READ_BYTES = 32_768;

/** What an archive object says of itself; reads no more of it than its end. Throws ArchiveObjectError or the store's errors. */
export async function readTrailer(
  store: ObjectStore,
  { key, sizeBytes }: { key: string; sizeBytes: number },
): Promise<ArchiveTrailer> {
  const tailBytes = Math.min(sizeBytes, FIRST_READ_BYTES);
  const tail = await store.getRange(key, sizeBytes - tailBytes, tailBytes);
  const wantedBytes = Math.min(sizeBytes, trailerSizeBytes(tail));
  const trailer =
    wantedBytes <= tailBytes
      ? tail.subarray(tailBytes - wantedBytes)
      : await store.getRange(key, sizeBytes - wantedBytes, wantedBytes);
  return decodeTrailer(trailer);
}
