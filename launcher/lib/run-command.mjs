import { spawn } from 'node:child_process';

const keptBytes = 256 * 1024;

/** @type {Set<number>} groups of the commands that run now */
const groups = new Set();

/** Ends every command that runs now, for an interrupted launcher. */
export function killRunningCommands() {
  for (const group of groups) killGroup(group, 'SIGKILL');
}

/** A command that ended badly. `output` is the tail of what it wrote. */
export class CommandFailedError extends Error {
  /** @param {string} command @param {string} outcome @param {string} output */
  constructor(command, outcome, output) {
    super(`${command} ${outcome}${output ? `:\n${lastLines(output, 15)}` : ''}`);
    this.name = 'CommandFailedError';
    this.output = output;
  }
}

/** @param {string} text @param {number} count */
export function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/**
 * Runs a command to its end. Resolves with its (bounded) output, rejects with CommandFailedError. On a timeout its whole process group is killed.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, onOutput?: (text: string) => void }} [options]
 * @returns {Promise<string>}
 */
export function runCommand(command, args, options = {}) {
  const { cwd, env, timeoutMs = 120_000, onOutput } = options;
  return new Promise((resolve, reject) => {
    let output = '';
    let ending = '';
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = (reason) => {
      ending = reason;
      killGroup(child.pid, 'SIGKILL');
    };
    if (child.pid) groups.add(child.pid);
    const timer = setTimeout(() => end(`took longer than ${timeoutMs / 1000} s`), timeoutMs);
    const collect = (chunk) => {
      output = (output + chunk).slice(-keptBytes);
      onOutput?.(String(chunk));
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const settle = (outcome) => {
      clearTimeout(timer);
      if (child.pid) groups.delete(child.pid);
      if (outcome) reject(new CommandFailedError(command, ending || outcome, output));
      else resolve(output);
    };
    child.once('error', (error) => settle(`could not be started (${error.message})`));
    child.once('close', (code, killedBy) =>
      settle(code === 0 && !ending ? '' : `ended with ${killedBy ?? `code ${code}`}`),
    );
  });
}

/** Signals a process group; a group that is already gone is not an error. @param {number | undefined} pid @param {NodeJS.Signals | 0} signal @returns {boolean} whether somebody was there */
export function killGroup(pid, signal) {
  if (pid === undefined) return false;
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}
