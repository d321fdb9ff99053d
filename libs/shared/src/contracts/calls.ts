import { z } from 'zod';
import { EpochMs, ExternalInputId, LiveInputId, Sha256 } from './primitives.ts';

const JsonObject = z.record(z.string(), z.unknown());
/** The id of one broadcast of a call; never used again after it ended. */
export const BroadcastId = z.string().regex(/^bc_[A-Za-z0-9]{8,40}$/);

export const CallMember = z.object({ userId: z.string().min(1).max(255), role: z.string().min(1).max(64) });
export type CallMember = z.output<typeof CallMember>;

/** What of a call's settings this origin acts on. */
export const CallSettings = z.object({
  backstageEnabled: z.boolean(),
  joinAheadTimeSec: z.number().int().min(0),
  hlsEnabled: z.boolean(),
  hlsAutoOn: z.boolean(),
  hlsQualityTracks: z.array(z.string().max(20)).max(10),
});
export type CallSettings = z.output<typeof CallSettings>;

/** Why a broadcast failed, for machines. */
export const BroadcastFailure = z.enum(['no_media', 'unsupported_media', 'invalid_media', 'packaging_stalled']);
export type BroadcastFailure = z.output<typeof BroadcastFailure>;

/** The newest broadcast of a call. `cancelled`: stopped before it ever played, so nothing was announced. */
export const CallBroadcast = z.object({
  id: BroadcastId,
  state: z.enum(['starting', 'running', 'stopped', 'failed', 'cancelled']),
  /** Segments that begin at or after this belong to it. */
  startEpochMs: EpochMs,
  startedAtMs: EpochMs.optional(),
  endEpochMs: EpochMs.optional(),
});
export type CallBroadcast = z.output<typeof CallBroadcast>;

const facts = { atMs: EpochMs };
const broadcastFacts = { ...facts, broadcastId: BroadcastId };

/** How a call began. The live input that belongs to it is a projection of this fact (design decision 13). */
export const CallCreated = z.object({
  fact: z.literal('call_created'),
  ...facts,
  callKey: z.string(),
  appKey: z.string(),
  orgId: z.string(),
  type: z.string(),
  id: z.string(),
  inputId: LiveInputId,
  externalInputId: ExternalInputId,
  streamKeySha256: Sha256,
  createdById: z.string(),
  custom: JsonObject,
  startsAtMs: EpochMs.optional(),
  members: z.array(CallMember).max(100),
  settings: CallSettings,
});
export type CallCreated = z.output<typeof CallCreated>;

/** A past-tense fact of a call. */
export const CallEvent = z.discriminatedUnion('fact', [
  CallCreated,
  z.object({
    fact: z.literal('call_updated'),
    ...facts,
    custom: JsonObject.optional(),
    startsAtMs: EpochMs.optional(),
    settings: CallSettings.optional(),
  }),
  z.object({ fact: z.literal('live_started'), ...facts }),
  z.object({ fact: z.literal('live_stopped'), ...facts }),
  z.object({ fact: z.literal('call_ended'), ...facts }),
  z.object({ fact: z.literal('recording_started'), ...facts }),
  z.object({ fact: z.literal('recording_stopped'), ...facts }),
  z.object({ fact: z.literal('broadcast_armed'), ...broadcastFacts }),
  z.object({ fact: z.literal('broadcast_started'), ...broadcastFacts }),
  z.object({
    fact: z.literal('broadcast_stopped'),
    ...broadcastFacts,
    endEpochMs: EpochMs,
    cause: z.enum(['command', 'live_stopped', 'call_ended', 'media_silent']),
  }),
  z.object({ fact: z.literal('broadcast_cancelled'), ...broadcastFacts }),
  z.object({
    fact: z.literal('broadcast_failed'),
    ...broadcastFacts,
    endEpochMs: EpochMs,
    reason: BroadcastFailure,
    error: z.string().max(1000),
  }),
]);
export type CallEvent = z.output<typeof CallEvent>;

/** A call as its events made it. */
export const CallState = z.object({
  callKey: z.string(),
  appKey: z.string(),
  orgId: z.string(),
  type: z.string(),
  id: z.string(),
  /** How many events made this state. */
  version: z.number().int().min(1),
  inputId: LiveInputId,
  externalInputId: ExternalInputId,
  createdById: z.string(),
  createdAtMs: EpochMs,
  updatedAtMs: EpochMs,
  custom: JsonObject,
  startsAtMs: EpochMs.optional(),
  members: z.array(CallMember),
  settings: CallSettings,
  backstage: z.boolean(),
  liveStartedAtMs: EpochMs.optional(),
  liveEndedAtMs: EpochMs.optional(),
  endedAtMs: EpochMs.optional(),
  recordingSinceMs: EpochMs.optional(),
  broadcast: CallBroadcast.optional(),
});
export type CallState = z.output<typeof CallState>;

/**
 * Body of a message on `callEventSubject` (JSON): what one decision made true, and the call after it.
 * Published with the sequence of the call's commit before it, so of two decisions on one state one is refused.
 * Carrying the state lets a call outlive the age limit of the stream and be read with one request.
 */
export const CallCommit = z.object({
  /** Random; tells the writer of an unanswered publish whether it was taken. */
  commitId: z.string(),
  events: z.array(CallEvent).min(1).max(8),
  state: CallState,
});
export type CallCommit = z.output<typeof CallCommit>;
