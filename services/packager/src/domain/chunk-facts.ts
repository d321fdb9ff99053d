import { CmafError, firstSampleEnd, type TrackFacts } from '#cmaf';
import { markersIn } from './markers.ts';
import type { MediaChunk, StampedChunk } from './media-event.ts';

/** A chunk with what its bytes and its init say of it; `unusableMarker` tells why a marker is left out. */
export interface ChunkFacts {
  readonly chunk: MediaChunk;
  readonly unusableMarker: string | undefined;
}

/** Looks into the bytes of a chunk; what cannot be read there never costs the chunk. */
export function chunkFactsOf(stamped: StampedChunk, facts: TrackFacts): ChunkFacts {
  const { markers, unusable } = markersIn(stamped);
  const chunk = { ...stamped, kind: facts.kind, markers, keyframeEndBytes: keyframeEndOf(stamped, facts) };
  return { chunk, unusableMarker: unusable };
}

function keyframeEndOf({ independent, bytes }: StampedChunk, facts: TrackFacts): number | undefined {
  if (!independent || facts.kind !== 'video') return undefined;
  try {
    return firstSampleEnd(bytes, facts);
  } catch (error) {
    if (error instanceof CmafError) return undefined;
    throw error;
  }
}
