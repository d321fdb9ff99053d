/**
 * @typedef {{ note(text: string): void, done(text: string): void, fail(text: string): void }} Step
 * @typedef {{ line(text: string): void, step(name: string): Step }} Progress
 */

/** @param {number} durationMs */
export const formatSeconds = (durationMs) => `${(durationMs / 1000).toFixed(1)} s`;

/**
 * Plain lines with the time since the start: readable on a terminal and in a CI log alike.
 * @param {{ write(text: string): unknown }} [stream]
 * @param {() => number} [nowMs]
 * @returns {Progress}
 */
export function createProgress(stream = process.stderr, nowMs = () => performance.now()) {
  const startedMs = nowMs();
  const line = (text) => stream.write(`[${((nowMs() - startedMs) / 1000).toFixed(1).padStart(6)} s] ${text}\n`);
  const step = (name) => {
    const stepStartedMs = nowMs();
    const label = name.padEnd(10);
    const elapsed = () => formatSeconds(nowMs() - stepStartedMs);
    return {
      note: (text) => line(`${label} … ${text}`),
      done: (text) => line(`${label} ✓ ${text} (${elapsed()})`),
      fail: (text) => line(`${label} ✗ ${text} (${elapsed()})`),
    };
  };
  return { line, step };
}

/** A progress that says nothing. @type {Progress} */
export const silentProgress = { line() {}, step: () => ({ note() {}, done() {}, fail() {} }) };
