import type { z } from 'zod';
import { ApiKeyRow, AppRow } from './apps.ts';
import { CallState } from './calls.ts';
import { BroadcastRow, LiveInputRow, PublisherState, TrackOwners } from './inputs.ts';
import { Lease } from './leases.ts';
import { DeliveryRow } from './webhooks.ts';
import { ArchiveCheckpoint } from './timeshift.ts';
import { OriginKey } from './segment-facts.ts';
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
export const trackOwnersBucket = bucket('track_owners', TrackOwners);
export const broadcastsBucket = bucket('broadcasts', BroadcastRow);
/** Calls as of their newest commit; a projection of EVENTS. Owner: broadcast. */
export const callsBucket = bucket('calls', CallState);
export const appsBucket = bucket('apps', AppRow);
export const apiKeysBucket = bucket('api_keys', ApiKeyRow);
export const deliveriesBucket = bucket('deliveries', DeliveryRow, 7 * 86_400_000);
export const presentationsBucket = bucket('presentations', PresentationNumbers);
export const originKeysBucket = bucket('origin_keys', OriginKey);
export const archiveCheckpointsBucket = bucket('archive_checkpoints', ArchiveCheckpoint);
// An hour without renewal: tokens still rise afterwards, since they are never below the wall clock.
export const leasesBucket = bucket('leases', Lease, 3_600_000);

/** KV bucket of raw init segments; key = `{inputId}.{sha256}`. Owner: ingest. */
export const INIT_SEGMENTS_BUCKET = 'init_segments';
/** The key of an init segment in {@link INIT_SEGMENTS_BUCKET}. */
export const initSegmentKey = (inputId: string, sha256: string): string => `${inputId}.${sha256}`;
