import type { z } from 'zod';
import { BroadcastRow, LiveInputRow, PublisherState } from './inputs.ts';
import { Lease } from './leases.ts';
import { PresentationNumbers } from './window.ts';

/** A JetStream KV bucket of JSON rows. */
export interface Bucket<S extends z.ZodType> {
  readonly name: string;
  readonly row: S;
  /** Rows vanish after this much time without a write; 0 keeps them. */
  readonly ttlMs: number;
}

const bucket = <S extends z.ZodType>(name: string, row: S, ttlMs = 0): Bucket<S> => ({ name, row, ttlMs });

export const liveInputsBucket = bucket('live_inputs', LiveInputRow);
export const publishersBucket = bucket('publishers', PublisherState);
export const broadcastsBucket = bucket('broadcasts', BroadcastRow);
export const presentationsBucket = bucket('presentations', PresentationNumbers);
// An hour without renewal: tokens still rise afterwards, since they are never below the wall clock.
export const leasesBucket = bucket('leases', Lease, 3_600_000);

/** KV bucket of raw init segments; key = `{inputId}.{sha256}`. Owner: ingest. */
export const INIT_SEGMENTS_BUCKET = 'init_segments';
/** The key of an init segment in {@link INIT_SEGMENTS_BUCKET}. */
export const initSegmentKey = (inputId: string, sha256: string): string => `${inputId}.${sha256}`;
