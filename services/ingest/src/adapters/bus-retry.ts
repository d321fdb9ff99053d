import { setTimeout as delay } from 'node:timers/promises';
import { KvConflictError, BusUnavailableError } from '#shared/messaging';

const PAUSE_MS = 200;

/** Runs a step on the bus until it succeeds or the time is over, then throws BusUnavailableError. A lost compare-and-set is no fault of the bus. */
export async function retryOnBus<T>(what: string, withinMs: number, step: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (error instanceof KvConflictError) throw error;
      if (performance.now() + PAUSE_MS > deadline) {
        throw new BusUnavailableError(`${what}: the bus did not answer for ${withinMs} ms: ${String(error)}`, {
          cause: error,
        });
      }
      await delay(PAUSE_MS);
    }
  }
}
