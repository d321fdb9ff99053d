/** What the launcher's own specs share. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killGroup } from './run-command.mjs';

/** @template T @param {(dir: string) => Promise<T>} work @returns {Promise<T>} */
export async function withTemporaryFolder(work) {
  const dir = await mkdtemp(join(tmpdir(), 'headwater-launcher-'));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Whether anybody of a process group still runs. @param {number} group */
export const groupRuns = (group) => killGroup(group, 0);
