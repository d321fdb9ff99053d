import { readFileSync, readdirSync } from 'node:fs';

// USER_HZ, proc(5): fixed at 100 in what Linux shows to programs on every architecture Node runs on.
const tickMs = 10;
const firstFieldAfterName = 3;

/**
 * Group and CPU time of the text of /proc/<pid>/stat, proc(5). The name, field 2, may hold spaces and parentheses.
 * @param {string} stat
 * @returns {{ group: number, cpuMs: number }} user and system time of all threads, ended ones included
 */
export function parseStat(stat) {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number) => Number(fields[number - firstFieldAfterName]);
  return { group: field(5), cpuMs: (field(14) + field(15)) * tickMs };
}

/** Nanoseconds on a CPU, the first number of /proc/<pid>/task/<tid>/schedstat, as ms. @param {string} schedstat */
export const parseSchedstat = (schedstat) => Number(schedstat.split(' ', 1)[0]) / 1e6;

const orUndefined = (read) => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

const numericNames = (folder) => (orUndefined(() => readdirSync(folder)) ?? []).filter((name) => /^\d+$/.test(name));

/** Pids of a process group: what a server forked is counted with it. @param {number} group */
function groupMembers(group) {
  return numericNames('/proc')
    .map(Number)
    .filter((pid) => {
      const stat = orUndefined(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
      return stat !== undefined && parseStat(stat).group === group;
    });
}

/** Threads with their CPU time, ms. A kernel without schedstat gives one entry for the whole process, to 10 ms. */
function threadTimes(pid) {
  const threads = numericNames(`/proc/${pid}/task`).flatMap((tid) => {
    const text = orUndefined(() => readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8'));
    return text === undefined ? [] : [[`${pid}/${tid}`, parseSchedstat(text)]];
  });
  if (threads.length > 0) return threads;
  const stat = orUndefined(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat === undefined ? [] : [[`${pid}`, parseStat(stat).cpuMs]];
}

/** @typedef {Map<string, number>} CpuReading CPU time so far by thread, ms */

/** CPU time of every thread of a process group so far. @param {number} group @returns {CpuReading} */
export function readGroupCpu(group) {
  const reading = new Map(groupMembers(group).flatMap(threadTimes));
  if (reading.size === 0) throw new Error(`process group ${group}: CPU times were expected in /proc, none are there`);
  return reading;
}

/**
 * CPU time between two readings, ms. A thread that began in between counts from zero; one that ended counts up to the first reading only.
 * @param {CpuReading} before
 * @param {CpuReading} after
 */
export function cpuBetween(before, after) {
  return [...after].reduce((sum, [thread, cpuMs]) => sum + cpuMs - (before.get(thread) ?? 0), 0);
}

/** Threads of the first reading that the second has no more: their last CPU time is lost. @param {CpuReading} before @param {CpuReading} after */
export const endedThreads = (before, after) => [...before.keys()].filter((thread) => !after.has(thread)).length;
