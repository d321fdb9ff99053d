import { z } from 'zod';
import { EpochMs, ExternalInputId, LiveInputId, Sha256 } from './primitives.ts';

/** KV bucket `live_inputs`, key = `li_…`. Owner: broadcast. Watched by ingest and playback. */
export const LiveInputRow = z.object({
  id: LiveInputId,
  externalId: ExternalInputId,
  orgId: z.string().min(1),
  name: z.string().min(1).max(200),
  ingest: z.enum(['fmp4', 'whip', 'rtmp', 'srt']),
  /** SHA-256 of the stream key; the key itself is shown once and stored nowhere. */
  streamKeySha256: Sha256,
  createdAtMs: EpochMs,
  /** False after the account was banned or suspended: StreamUnavailable. */
  available: z.boolean().default(true),
  /** DIDs and handles that the XRPC methods accept for this input. */
  identities: z.array(z.string()).default([]),
  /** `/{app}/{stream}.m3u8`; stream defaults to the external id. */
  app: z.string().default('live'),
  stream: z.string().optional(),
  redundancy: z.enum(['refuse', 'takeover', 'redundant']).default('refuse'),
  segmentTargetMs: z.number().positive().optional(),
  retentionDays: z.number().int().min(1).max(30).default(7),
});
export type LiveInputRow = z.output<typeof LiveInputRow>;

/** Origin-given track ids by upload name. Part of {@link PublisherState}. */
export const TrackNames = z.record(z.string(), z.number().int().min(1));

/** KV bucket `publishers`, key = input id: the timebase of an input. Owner: ingest, by compare-and-set. */
export const PublisherState = z.object({
  epoch: z.number().int().min(0),
  /** Wall clock of tick 0 of the epoch, ms. */
  anchorEpochMs: EpochMs,
  trackIds: TrackNames,
});
export type PublisherState = z.output<typeof PublisherState>;

/** KV bucket `broadcasts`, key = broadcast id. Owner: broadcast. Watched by playback, which serves `/broadcast/{id}/index.m3u8` from it. */
export const BroadcastRow = z.object({
  id: z.string().regex(/^bc_[A-Za-z0-9]{8,40}$/),
  callCid: z.string(),
  inputId: LiveInputId,
  state: z.enum(['starting', 'running', 'stopped', 'failed']),
  /** Segments that begin at or after this belong to the broadcast. */
  startEpochMs: EpochMs,
  /** Segments that begin at or after this do not; set when it stopped. */
  endEpochMs: EpochMs.optional(),
});
export type BroadcastRow = z.output<typeof BroadcastRow>;
