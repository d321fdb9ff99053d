import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { identify, isRunning } from './process-identity.mjs';
import { waitFor } from './wait.mjs';

let serial = 0;

/** @param {string} path @returns {Promise<import('./process-identity.mjs').ProcessIdentity | undefined>} */
async function readHolder(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Creates `path` with its whole content in one step, so that no reader sees it empty. @returns {Promise<boolean>} false when it exists */
async function createWhole(path, content) {
  serial += 1;
  const draft = `${path}.${process.pid}.${serial}`;
  await writeFile(draft, content);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Removes the lock of a dead holder; renamed first, so that of two who try only one removes it. */
async function removeStale(path) {
  serial += 1;
  const aside = `${path}.stale.${process.pid}.${serial}`;
  await rename(path, aside).catch(() => {});
  await rm(aside, { force: true });
}

/**
 * Runs `work` while holding a lock file. A lock whose holder no longer runs is taken over.
 * @template T
 * @param {string} path
 * @param {{ timeoutMs: number, onWait?: (holderPid: number | undefined) => void }} options
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withFileLock(path, { timeoutMs, onWait }, work) {
  await mkdir(dirname(path), { recursive: true });
  const self = JSON.stringify(identify(process.pid) ?? { pid: process.pid, startTicks: 'unknown' });
  let waited = false;
  const acquire = async () => {
    if (await createWhole(path, self)) return true;
    const holder = await readHolder(path);
    if (holder && !isRunning(holder)) await removeStale(path);
    else if (!waited) onWait?.(holder?.pid);
    waited = true;
    return false;
  };
  await waitFor(acquire, { timeoutMs, intervalMs: 200, what: `waiting for the lock ${path}` });
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}
