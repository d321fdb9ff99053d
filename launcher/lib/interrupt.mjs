import { killRunningCommands } from './run-command.mjs';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP; commands that run then (npm, tsc, apt-get) are ended. `onSecond` runs at the next one.
 * @param {(signal: string) => void} onSecond
 * @returns {Promise<string>}
 */
export function interruption(onSecond) {
  return new Promise((resolve) => {
    let count = 0;
    const onSignal = (signal) => {
      count += 1;
      if (count > 1) return onSecond(signal);
      killRunningCommands();
      resolve(signal);
    };
    for (const signal of signals) process.on(signal, onSignal);
  });
}
