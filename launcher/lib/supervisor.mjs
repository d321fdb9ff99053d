import { createBackoff } from './backoff.mjs';
import { logTail } from './log-file.mjs';

/**
 * Starts a process again whenever it ends unasked, with growing delays, and says so.
 * @param {import('./managed-process.mjs').ManagedProcess} managed may run already
 * @param {{ progress: import('./progress.mjs').Progress, nextDelayMs?: (ranMs: number) => number }} options
 * @returns {{ stop(options?: { graceMs?: number }): Promise<void> }} `stop` also ends the process
 */
export function supervise(managed, { progress, nextDelayMs = createBackoff() }) {
  let stopping = false;
  let startedMs = performance.now();
  let timer;
  let starting = Promise.resolve();

  const schedule = (reason) => {
    if (stopping) return;
    const delayMs = nextDelayMs(performance.now() - startedMs);
    const tail = logTail(managed.spec.logFile, 3);
    progress.line(`${managed.name} ${reason}; starting it again in ${delayMs / 1000} s${tail ? `\n${tail}` : ''}`);
    timer = setTimeout(() => {
      starting = restart();
    }, delayMs);
  };
  const restart = async () => {
    startedMs = performance.now();
    try {
      await managed.start();
      progress.line(`${managed.name} runs again, pid ${managed.pid}`);
    } catch (error) {
      schedule(`could not be started: ${error.message}`);
    }
  };

  managed.on('exit', ({ code, signal, wanted }) => {
    if (!wanted) schedule(`ended with ${signal ?? `code ${code}`}`);
  });
  return {
    async stop(options) {
      stopping = true;
      clearTimeout(timer);
      await starting;
      await managed.stop(options);
    },
  };
}
