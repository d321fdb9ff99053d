import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { closeLog, openLog, rotateLog } from './log-file.mjs';
import { identify } from './process-identity.mjs';
import { killGroup } from './run-command.mjs';
import { waitFor } from './wait.mjs';

const rotationIntervalMs = 10_000;

/**
 * @typedef {object} ProcessSpec
 * @property {string} name
 * @property {string} command
 * @property {string[] | (() => string[])} args a function is asked at each start
 * @property {NodeJS.ProcessEnv} [env] added to the launcher's environment
 * @property {string} [cwd]
 * @property {string} logFile
 * @property {boolean} [console] write to the launcher's own output instead of the log
 * @property {() => Promise<unknown>} [beforeStart]
 * @property {() => Promise<unknown>} [afterExit] clean-up of what lives outside the process group, such as a container
 */

/**
 * A child in its own process group, with its own log. Emits `spawn` (identity) and `exit` ({ code, signal, wanted }).
 * `wanted` tells an end that was asked for from one that was not.
 */
export class ManagedProcess extends EventEmitter {
  #child;
  /** @type {number | undefined} set while somebody of the group may run: a number that is free again may become another's group */
  #group;
  #wanted = false;
  #rotation;

  /** @param {ProcessSpec} spec */
  constructor(spec) {
    super();
    this.spec = spec;
  }

  get name() {
    return this.spec.name;
  }

  /** Pid of the running process, which is also its group; undefined when it does not run. */
  get pid() {
    return this.running ? this.#child.pid : undefined;
  }

  get running() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts the child; resolves when the system has it. Rejects when it cannot be executed. */
  async start() {
    if (this.running) throw new Error(`${this.name} already runs with pid ${this.pid}`);
    const { command, args, env, cwd, logFile, beforeStart } = this.spec;
    await this.#endRemains();
    await beforeStart?.();
    rotateLog(logFile);
    const log = openLog(logFile);
    const output = this.spec.console ? 'inherit' : log;
    this.#wanted = false;
    const child = spawn(command, typeof args === 'function' ? args() : args, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', output, output],
    });
    closeLog(log);
    await once(child, 'spawn');
    this.#child = child;
    this.#group = child.pid;
    this.#rotation = setInterval(() => rotateLog(logFile), rotationIntervalMs).unref();
    child.once('exit', (code, signal) => {
      clearInterval(this.#rotation);
      this.#forgetEmptyGroup();
      this.emit('exit', { code, signal, wanted: this.#wanted });
    });
    const pid = Number(child.pid);
    this.emit('spawn', identify(pid) ?? { pid, startTicks: 'unknown' });
  }

  /** Ends the process group: SIGTERM, then SIGKILL after `graceMs`; resolves when nobody of the group is left. */
  async stop({ graceMs = 10_000 } = {}) {
    this.#wanted = true;
    const group = this.#group;
    if (killGroup(group, 'SIGTERM')) {
      await this.#groupGone(group, graceMs).catch(() => this.#killGroup(group));
    }
    await this.spec.afterExit?.();
  }

  /** Sends a signal to the group and waits for its end, as a crash would be: not a wanted end. @param {NodeJS.Signals} [signal] */
  async kill(signal = 'SIGKILL') {
    const group = this.#group;
    if (!killGroup(group, signal)) return;
    await this.#groupGone(group, 10_000);
    await this.spec.afterExit?.();
  }

  /** What is left of the group of a leader that died would hold its ports. */
  async #endRemains() {
    const group = this.#group;
    if (killGroup(group, 'SIGTERM')) await this.#groupGone(group, 3000).catch(() => this.#killGroup(group));
  }

  async #killGroup(group) {
    killGroup(group, 'SIGKILL');
    await this.#groupGone(group, 5000);
  }

  async #groupGone(group, timeoutMs) {
    const gone = () => !this.running && !killGroup(group, 0);
    await waitFor(gone, { timeoutMs, intervalMs: 20, what: `end of ${this.name}` });
    this.#group = undefined;
  }

  #forgetEmptyGroup() {
    if (!killGroup(this.#group, 0)) this.#group = undefined;
  }
}
