import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../exchange.ts';

const LONGEST_TIMER_MS = 2_147_483_647;

/** The machine's monotonic clock. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleep(Math.min(ms, LONGEST_TIMER_MS), undefined, signal === undefined ? { ref: false } : { signal });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  },
};
