import type { z } from 'zod';
import type { TimedMarker, TrackKind } from '#shared/contracts';

/** One chunk as MEDIA holds it. */
export interface MediaChunk {
  readonly trackId: number;
  readonly kind: z.output<typeof TrackKind>;
  /** Its place in MEDIA. */
  readonly streamSequence: number;
  readonly epoch: number;
  /** Wall clock of tick 0 of the epoch, ms. */
  readonly anchorEpochMs: number;
  readonly decodeTimeTicks: bigint;
  readonly durationTicks: bigint;
  readonly timescale: number;
  readonly independent: boolean;
  readonly sha256: string;
  readonly initSha256: string;
  readonly bytes: Uint8Array;
  /** What its `emsg` boxes say. */
  readonly markers: readonly TimedMarker[];
  /** Where its first sample ends, from the start of the chunk; only of video that begins with a sync sample. */
  readonly keyframeEndBytes: number | undefined;
}

/** A chunk with what ingest says of it, before its bytes are looked into. */
export type StampedChunk = Omit<MediaChunk, 'kind' | 'markers' | 'keyframeEndBytes'>;

/** What can happen to a track, in the order of MEDIA; silence is the clock's word for it. */
export type MediaEvent =
  | { readonly kind: 'chunk'; readonly trackId: number; readonly streamSequence: number; readonly chunk: MediaChunk }
  | {
      readonly kind: 'init';
      readonly trackId: number;
      readonly streamSequence: number;
      readonly epoch: number;
      readonly initSha256: string;
    }
  | { readonly kind: 'end'; readonly trackId: number; readonly streamSequence: number }
  | { readonly kind: 'silence'; readonly trackId: number };
