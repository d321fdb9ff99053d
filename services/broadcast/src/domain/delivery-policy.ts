import type { DeliveryDue, DeliveryRow } from '#shared/contracts';

/** What one attempt brought. `refused`: the origin does not send to that address. */
export type AttemptResult =
  | { kind: 'answered'; status: number; answer: string; retryAfterMs?: number }
  | { kind: 'unreachable'; reason: string }
  | { kind: 'refused'; reason: string };

const GIVE_UP_AFTER_MS = 3 * 86_400_000;
const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 900_000;
const MAX_RETRY_AFTER_MS = 3_600_000;
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/** How a delivery stands before its first attempt. */
export const newDelivery = (due: DeliveryDue, nowMs: number): DeliveryRow => ({
  eventId: due.eventId,
  eventType: due.eventType,
  appKey: due.appKey,
  hookId: due.hookId,
  outcome: 'pending',
  attempts: 0,
  firstAttemptAtMs: nowMs,
  lastAttemptAtMs: nowMs,
  lastAnswer: '',
});

/** How a delivery stands after one more attempt. `jitter` is from 0 to 1. */
export function afterAttempt(
  row: DeliveryRow,
  result: AttemptResult,
  at: { nowMs: number; jitter: number },
): DeliveryRow {
  const { nextAttemptAtMs: _passed, lastStatus: _status, fault: _fault, ...kept } = row;
  const attempted = {
    ...kept,
    attempts: row.attempts + 1,
    lastAttemptAtMs: at.nowMs,
    ...(result.kind === 'answered' ? { lastStatus: result.status } : {}),
    lastAnswer: (result.kind === 'answered' ? result.answer : result.reason).slice(0, 1000),
  };
  if (isSuccess(result)) return { ...attempted, outcome: 'delivered' };
  const fault = result.kind === 'refused' ? 'origin' : 'destination';
  const nextAttemptAtMs = at.nowMs + delayMs(attempted.attempts, result, at.jitter);
  const isFinal = !isRetried(result) || nextAttemptAtMs - row.firstAttemptAtMs > GIVE_UP_AFTER_MS;
  return isFinal
    ? { ...attempted, outcome: 'failed', fault }
    : { ...attempted, outcome: 'pending', nextAttemptAtMs, fault };
}

const isSuccess = (result: AttemptResult): boolean =>
  result.kind === 'answered' && result.status >= 200 && result.status < 300;

const isRetried = (result: AttemptResult): boolean =>
  result.kind === 'unreachable' ||
  (result.kind === 'answered' && (result.status >= 500 || RETRIED_STATUSES.has(result.status)));

/** Doubling from 1 s to 15 min, each somewhere in its upper half so that calls do not retry in step; never before Retry-After. */
function delayMs(attempts: number, result: AttemptResult, jitter: number): number {
  const full = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempts - 1, 20));
  const asked = result.kind === 'answered' ? (result.retryAfterMs ?? 0) : 0;
  return Math.max(full / 2 + (full / 2) * jitter, Math.min(asked, MAX_RETRY_AFTER_MS));
}

/** `Retry-After` in ms from now, seconds or an HTTP date; undefined when it is neither (RFC 9110 10.2.3). */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header.trim()) * 1000;
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
