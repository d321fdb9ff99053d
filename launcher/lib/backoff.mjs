/**
 * Delays between restarts: doubled each time, from the start again after a run that was long enough to call healthy.
 * @param {{ minMs?: number, maxMs?: number, healthyMs?: number }} [options]
 * @returns {(ranMs: number) => number} takes how long the last run lasted, gives the delay before the next
 */
export function createBackoff({ minMs = 500, maxMs = 10_000, healthyMs = 30_000 } = {}) {
  let nextMs = minMs;
  return (ranMs) => {
    if (ranMs >= healthyMs) nextMs = minMs;
    const delayMs = nextMs;
    nextMs = Math.min(nextMs * 2, maxMs);
    return delayMs;
  };
}
