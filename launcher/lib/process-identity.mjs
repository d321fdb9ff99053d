import { readFileSync } from 'node:fs';

/** @typedef {{ pid: number, startTicks: string }} ProcessIdentity a pid alone is reused; with its start time it is not */

/**
 * Field 22 (starttime) of the text of /proc/<pid>/stat, proc(5). The command name, field 2, may hold spaces and parentheses.
 * @param {string} stat
 * @returns {string | undefined}
 */
export function parseStartTicks(stat) {
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return afterName[22 - 3];
}

/** Identity of a running process; undefined when there is none, or no /proc. @param {number} pid @returns {ProcessIdentity | undefined} */
export function identify(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const startTicks = parseStartTicks(stat);
    const state = stat.slice(stat.lastIndexOf(')') + 2)[0];
    return startTicks === undefined || state === 'Z' ? undefined : { pid, startTicks };
  } catch {
    return undefined;
  }
}

/** Whether exactly this process still runs. @param {ProcessIdentity} identity */
export function isRunning(identity) {
  return identify(identity.pid)?.startTicks === identity.startTicks;
}
