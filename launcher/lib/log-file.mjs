import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { lastLines } from './run-command.mjs';

const limits = { maxBytes: 20 * 1024 * 1024, keep: 3 };

/** Opens a log for appending, mode 0600. The descriptor is the child's own, so that its log survives the launcher. @param {string} path @returns {number} */
export function openLog(path) {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, 'a', 0o600);
}

export { closeSync as closeLog };

/**
 * Copies a log that is over the limit to `.1` (older ones to `.2`, …) and empties it. The writer appends, so it goes on at the new start.
 * @param {string} path
 * @param {{ maxBytes: number, keep: number }} [options]
 * @returns {boolean} whether it was rotated
 */
export function rotateLog(path, { maxBytes, keep } = limits) {
  if (!existsSync(path) || statSync(path).size <= maxBytes) return false;
  for (let index = keep - 1; index >= 1; index -= 1) {
    if (existsSync(`${path}.${index}`)) renameSync(`${path}.${index}`, `${path}.${index + 1}`);
  }
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
  return true;
}

/** Last lines of a log, for a message. @param {string} path @param {number} [count] @returns {string} */
export function logTail(path, count = 8) {
  return existsSync(path) ? lastLines(readFileSync(path, 'utf8').slice(-32_768), count) : '';
}
