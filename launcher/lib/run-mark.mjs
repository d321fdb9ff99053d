import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const variable = 'HEADWATER_RUN';
const graceMs = 3000;

/** Marks every process that this one starts from now on, however far it detaches itself. @returns {string} the mark */
export function markRun() {
  const mark = `${process.pid}-${Date.now()}`;
  process.env[variable] = mark;
  return mark;
}

/** Pids that carry a mark in their environment, this process not among them. @param {string} mark @returns {number[]} */
export function markedProcesses(mark) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => environmentOf(pid).includes(`${variable}=${mark}`))
    .map(Number);
}

/** Ends what a run left behind: services and browsers of an interrupted test would go on to disturb the next run. @param {string} mark */
export async function endMarked(mark) {
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGKILL'])) {
    const deadline = performance.now() + graceMs;
    signalAll(markedProcesses(mark), signal);
    while (markedProcesses(mark).length > 0 && performance.now() < deadline) await delay(50);
  }
}

/** Empty for another user's process, and for one that has just ended. @param {string} pid */
function environmentOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** @param {number[]} pids @param {NodeJS.Signals} signal */
function signalAll(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself.
    }
  }
}
