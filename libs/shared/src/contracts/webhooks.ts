import { z } from 'zod';
import { EpochMs } from './primitives.ts';

/** Body of a message on `deliverySubject` (JSON): one event owed to one destination. The request body is fixed here, so that every attempt signs the same bytes. */
export const DeliveryDue = z.object({
  /** The same on every attempt and at every destination: `X-Webhook-Id`. */
  eventId: z.string().regex(/^[A-Za-z0-9_-]{1,200}$/),
  eventType: z.string().max(100),
  appKey: z.string(),
  hookId: z.string(),
  /** Place of the event in its call, from 1. */
  sequence: z.number().int().min(1),
  createdAtMs: EpochMs,
  body: z.string().max(262_144),
});
export type DeliveryDue = z.output<typeof DeliveryDue>;

/** KV bucket `deliveries`, key = `{destinationId}.{eventId}`: how a delivery stands. Rows vanish a week after their last attempt. */
export const DeliveryRow = z.object({
  eventId: z.string(),
  eventType: z.string(),
  appKey: z.string(),
  hookId: z.string(),
  outcome: z.enum(['pending', 'delivered', 'failed']),
  attempts: z.number().int().min(0),
  firstAttemptAtMs: EpochMs,
  lastAttemptAtMs: EpochMs,
  /** Only while pending. */
  nextAttemptAtMs: EpochMs.optional(),
  lastStatus: z.number().int().optional(),
  /** The beginning of the last answer's body, or why there was none. */
  lastAnswer: z.string().max(1000),
  /** Whose fault a failure is. */
  fault: z.enum(['destination', 'origin']).optional(),
});
export type DeliveryRow = z.output<typeof DeliveryRow>;
