import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileLock } from './file-lock.mjs';
import { readJson, writePrivateJson } from './private-json.mjs';
import { identify, isRunning } from './process-identity.mjs';
import { killGroup } from './run-command.mjs';
import { waitFor } from './wait.mjs';

const leftoverGraceMs = 5000;

/** @typedef {{ name: string, pid: number, startTicks: string }} Child */

/** Ends the process groups of a launcher that was killed. Only those whose pid and start time are the recorded ones. @param {Child[]} children */
async function endLeftovers(children) {
  const alive = children.filter(isRunning);
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGKILL'])) {
    for (const child of alive.filter(isRunning)) killGroup(child.pid, signal);
    const gone = () => !alive.some(isRunning);
    await waitFor(gone, { timeoutMs: leftoverGraceMs, what: 'end of leftover processes' }).catch(() => {});
  }
  return alive;
}

/** The run folder of one launcher: who holds it and which processes it started. */
export class RunFolder {
  /** @type {Map<string, Child>} */
  #children = new Map();
  #self = identify(process.pid) ?? { pid: process.pid, startTicks: 'unknown' };
  #writing = Promise.resolve();

  /** @param {string} dir */
  constructor(dir) {
    this.dir = dir;
  }

  /** @param {string} name */
  path(name) {
    return join(this.dir, name);
  }

  /**
   * Takes the folder, after ending what a dead holder left. `holder` is set when a living launcher has it.
   * @returns {Promise<{ holder?: Child, ended: Child[] }>}
   */
  async claim() {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    return withFileLock(this.path('claim.lock'), { timeoutMs: 30_000 }, async () => {
      const lock = await readJson(this.path('lock.json')).catch(() => undefined);
      if (lock && isRunning(lock)) return { holder: lock, ended: [] };
      const ended = await endLeftovers(lock?.children ?? []);
      await rm(this.path('endpoints.json'), { force: true });
      await this.#write();
      return { ended };
    });
  }

  /** Records each process this one starts, so that a later launcher can end it should this one be killed. @param {import('./managed-process.mjs').ManagedProcess} managed */
  record(managed) {
    managed.on('spawn', (identity) => {
      this.#children.set(managed.name, { name: managed.name, ...identity });
      void this.#write();
    });
  }

  /** @returns {Promise<unknown>} endpoints of the origin that holds the folder; undefined while it is still starting */
  endpoints() {
    return readJson(this.path('endpoints.json'));
  }

  async release() {
    await this.#writing;
    await rm(this.path('endpoints.json'), { force: true });
    await rm(this.path('lock.json'), { force: true });
  }

  #write() {
    this.#writing = this.#writing.then(() =>
      writePrivateJson(this.path('lock.json'), { ...this.#self, children: [...this.#children.values()] }),
    );
    return this.#writing;
  }
}
