import * as fc from 'fast-check';
import { afterAttempt, newDelivery, retryAfterMs, type AttemptResult } from './delivery-policy.ts';

const NOW_MS = 1_800_000_000_000;
const fresh = newDelivery(
  { eventId: 'e', eventType: 't', appKey: 'a', hookId: 'h', sequence: 1, createdAtMs: 1, body: '{}' },
  NOW_MS,
);
const answered = (status: number, retryAfter?: number): AttemptResult => ({
  kind: 'answered',
  status,
  answer: 'body',
  ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
});
const once = (result: AttemptResult) => afterAttempt(fresh, result, { nowMs: NOW_MS, jitter: 0.5 });

describe('afterAttempt', () => {
  it.each([
    [200, 'delivered'],
    [299, 'delivered'],
    [301, 'failed'],
    [400, 'failed'],
    [404, 'failed'],
    [410, 'failed'],
    [408, 'pending'],
    [425, 'pending'],
    [429, 'pending'],
    [500, 'pending'],
    [599, 'pending'],
  ])('makes of an answer %i: %s', (status, outcome) => {
    expect(once(answered(status))).toMatchObject({ outcome, attempts: 1, lastStatus: status, lastAnswer: 'body' });
  });

  it('tries again what could not be reached, and gives up what it will not send to, each with whose fault it is', () => {
    expect(once({ kind: 'unreachable', reason: 'ECONNREFUSED' })).toMatchObject({
      outcome: 'pending',
      fault: 'destination',
    });
    expect(once({ kind: 'refused', reason: 'private' })).toMatchObject({ outcome: 'failed', fault: 'origin' });
  });

  it('waits as long as it was asked to, within an hour', () => {
    expect(once(answered(503, 60_000)).nextAttemptAtMs).toBe(NOW_MS + 60_000);
    expect(once(answered(503, 86_400_000)).nextAttemptAtMs).toBe(NOW_MS + 3_600_000);
  });

  it('doubles its pauses up to 15 minutes and gives up after three days', () => {
    let row = fresh;
    let nowMs = NOW_MS;
    const pauses: number[] = [];
    while (row.outcome === 'pending') {
      row = afterAttempt(row, answered(500), { nowMs, jitter: 1 });
      if (row.nextAttemptAtMs === undefined) break;
      pauses.push(row.nextAttemptAtMs - nowMs);
      nowMs = row.nextAttemptAtMs;
    }
    expect(pauses.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(Math.max(...pauses)).toBe(900_000);
    expect(row.outcome).toBe('failed');
    expect(nowMs - NOW_MS).toBeGreaterThan(3 * 86_400_000 - 900_001);
  });

  it('pauses between half and the whole of a step', () => {
    fc.assert(
      fc.property(fc.nat({ max: 400 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, jitter) => {
        const row = afterAttempt({ ...fresh, attempts }, answered(500), { nowMs: NOW_MS, jitter });
        const full = Math.min(900_000, 1000 * 2 ** Math.min(attempts, 20));
        const pause = (row.nextAttemptAtMs ?? 0) - NOW_MS;
        expect(pause).toBeGreaterThanOrEqual(full / 2);
        expect(pause).toBeLessThanOrEqual(full);
      }),
    );
  });

  it('keeps a bounded beginning of the answer', () => {
    expect(once({ kind: 'answered', status: 500, answer: 'x'.repeat(5000) }).lastAnswer).toHaveLength(1000);
  });
});

describe('retryAfterMs', () => {
  it('reads seconds and dates, and nothing else', () => {
    expect(retryAfterMs('120', NOW_MS)).toBe(120_000);
    expect(retryAfterMs(new Date(NOW_MS + 5000).toUTCString(), NOW_MS)).toBe(5000);
    expect(retryAfterMs(new Date(NOW_MS - 5000).toUTCString(), NOW_MS)).toBe(0);
    expect(retryAfterMs('soon', NOW_MS)).toBeUndefined();
    expect(retryAfterMs(undefined, NOW_MS)).toBeUndefined();
  });
});
