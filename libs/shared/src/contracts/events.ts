import { z } from 'zod';
import { EpochMs, LiveInputId, TrackId } from './primitives.ts';
import { defineSubject } from './subject.ts';

/** JetStream stream of past-tense facts. */
export const EVENTS_STREAM = 'EVENTS';

/** Facts of a live input. Producers: ingest, packager, timeshift. */
export const inputEventSubject = defineSubject('event.v1.input.{inputId}.{fact}');
/** Facts of a call and its broadcasts, in order per call. Producer: broadcast, with expected-last-subject-sequence. */
export const callEventSubject = defineSubject('event.v1.call.{callKey}.fact');
/** One delivery owed to one webhook destination. Producer and consumer: broadcast. */
export const deliverySubject = defineSubject('outbox.v1.{destinationId}.{callKey}.due');
/** JetStream work-queue stream behind {@link deliverySubject}. */
export const OUTBOX_STREAM = 'OUTBOX';

const at = { inputId: LiveInputId, atMs: EpochMs };

/** Body of an input event (JSON); `fact` repeats the last subject token. */
export const InputEvent = z.discriminatedUnion('fact', [
  z.object({ fact: z.literal('publisher_connected'), ...at, sessionId: z.string(), userAgent: z.string().max(300) }),
  z.object({
    fact: z.literal('publisher_disconnected'),
    ...at,
    sessionId: z.string(),
    reason: z.enum(['finished', 'aborted', 'refused', 'invalid_media', 'idle', 'taken_over']),
    detail: z.string().max(500),
  }),
  z.object({ fact: z.literal('publisher_rejected'), ...at, code: z.string(), detail: z.string().max(500) }),
  z.object({
    fact: z.literal('epoch_began'),
    ...at,
    epoch: z.number().int(),
    trackId: TrackId,
    cause: z.string().max(200),
  }),
  z.object({
    fact: z.literal('problem_raised'),
    ...at,
    trackId: TrackId.optional(),
    code: z.string(),
    severity: z.enum(['info', 'warning', 'error']),
    sentence: z.string().max(500),
  }),
  z.object({ fact: z.literal('problem_cleared'), ...at, trackId: TrackId.optional(), code: z.string() }),
  /** The origin's audit of its own playlists found a rule broken. Producer: playback. */
  z.object({
    fact: z.literal('audit_failed'),
    ...at,
    url: z.string().max(500),
    rule: z.string().max(100),
    detail: z.string().max(500),
  }),
  z.object({
    fact: z.literal('archive_lost'),
    ...at,
    trackId: TrackId,
    fromMediaSequence: z.number().int(),
    toMediaSequence: z.number().int(),
    detail: z.string().max(500),
  }),
]);
export type InputEvent = z.output<typeof InputEvent>;
