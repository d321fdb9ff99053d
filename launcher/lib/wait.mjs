import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls until `attempt` returns something other than undefined and false; an error of the last attempt becomes the cause.
 * @template T
 * @param {() => Promise<T | undefined | false> | T | undefined | false} attempt
 * @param {{ timeoutMs: number, intervalMs?: number, what: string, giveUp?: () => string | undefined }} options `giveUp` ends the wait early with its reason
 * @returns {Promise<T>}
 */
export async function waitFor(attempt, { timeoutMs, intervalMs = 50, what, giveUp }) {
  const deadlineMs = performance.now() + timeoutMs;
  let cause;
  for (;;) {
    try {
      const result = await attempt();
      if (result !== undefined && result !== false) return result;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    const reason = giveUp?.();
    if (reason) throw new Error(`${what}: ${reason}`, { cause });
    if (performance.now() >= deadlineMs) {
      const last = cause instanceof Error ? `: ${cause.message}` : '';
      throw new Error(`${what}: no success within ${timeoutMs / 1000} s${last}`, { cause });
    }
    await delay(intervalMs);
  }
}
