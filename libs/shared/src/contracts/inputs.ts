import { z } from 'zod';
import { EpochMs, ExternalInputId, LiveInputId, Sha256, TrackId } from './primitives.ts';
import { defineSubject } from './subject.ts';

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
  /** Wanted length of an LL-HLS part; the nearest one that the encoder's chunks allow is taken. */
  partTargetMs: z.number().positive().optional(),
  /** What the encoder is to stay below, bits per second over all tracks; above it a problem is raised. */
  maxBitrateBps: z.number().positive().optional(),
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

/** A publisher session that sends a track, and the ingest process that it comes through. */
export const TrackOwner = z.object({
  trackId: TrackId,
  sessionId: z.string().min(1).max(64),
  processId: z.string().min(1).max(64),
});
export type TrackOwner = z.output<typeof TrackOwner>;

/** KV bucket `track_owners`, key = input id. Owner: ingest, by compare-and-set, written when a session takes or leaves a track. */
export const TrackOwners = z.object({ owners: z.array(TrackOwner).max(256) });
export type TrackOwners = z.output<typeof TrackOwners>;

/** Core NATS request to one ingest process: how long its sessions of an input have brought nothing. Nobody answers for a dead one. */
export const quietTracksSubject = defineSubject('ingest.v1.{processId}.quiet_tracks');
export const QuietTracksRequest = z.object({ inputId: LiveInputId });
export const QuietTracks = z.object({
  tracks: z
    .array(
      z.object({
        trackId: TrackId,
        sessionId: z.string(),
        /** Address and user agent. */
        client: z.string(),
        /** A request that brings the track is open. */
        isOpen: z.boolean(),
        quietMs: z.number(),
      }),
    )
    .max(256),
});

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
