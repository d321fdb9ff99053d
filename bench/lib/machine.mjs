import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { waitFor } from '../../launcher/lib/wait.mjs';

/** Load average of one minute above which a result says nothing. */
export const loadLimit = 1.5;

/** Load average of the last minute. */
export const loadNow = () => loadavg()[0];

/** What a reader must know about the machine; nothing that names it. */
export function machineFacts() {
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
  };
}

/**
 * Waits for a quiet machine. @param {{ timeoutMs: number, say: (text: string) => void }} options
 * @returns {Promise<boolean>} whether it became quiet
 */
export async function waitForQuiet({ timeoutMs, say }) {
  if (loadNow() <= loadLimit) return true;
  say(`load average ${loadNow().toFixed(2)} is above ${loadLimit}: waiting up to ${timeoutMs / 60_000} min`);
  return waitFor(() => loadNow() <= loadLimit, { timeoutMs, intervalMs: 2000, what: 'a quiet machine' }).then(
    () => true,
    () => false,
  );
}

/** Numbers of a list such as `0-2,5`, the form of Cpus_allowed_list in proc(5). @param {string} list */
export function parseCpuList(list) {
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Cores that this process may run on. @returns {number[]} */
export function allowedCores() {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return list ? parseCpuList(list) : [];
}
