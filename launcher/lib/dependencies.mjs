import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileLock } from './file-lock.mjs';
import { npmEnvironment } from './npm-home.mjs';
import { projectRoot } from './paths.mjs';
import { lastLines, runCommand } from './run-command.mjs';

const installTimeoutMs = 900_000;
const stillWorkingMs = 10_000;
const reasonLines = 12;

/** @param {string} root */
async function facts(root) {
  const lockfile = join(root, 'package-lock.json');
  const manifest = existsSync(lockfile) ? lockfile : join(root, 'package.json');
  const hash = createHash('sha256')
    .update(await readFile(manifest))
    .digest('hex');
  return { manifest, hash, stamp: join(root, 'node_modules', '.headwater-lock'), hasLockfile: manifest === lockfile };
}

/**
 * npm writes its own record last; a node_modules without it is the remains of an interrupted install. A record younger than the lockfile is of
 * an install by hand.
 */
async function isInstalled(root, { manifest, hash, stamp }) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const known = await readFile(stamp, 'utf8').catch(() => undefined);
  return known === hash || statSync(record).mtimeMs >= statSync(manifest).mtimeMs;
}

/**
 * The reason in npm's output: its error lines up to the command's usage, which it prints after it.
 * @param {string} output
 */
export function npmReason(output) {
  const errors = output.split('\n').filter((line) => line.startsWith('npm error') && line !== 'npm error');
  const usage = errors.findIndex((line) => /^npm error (Usage:|Clean install a project)/.test(line));
  const reason = (usage === -1 ? errors : errors.slice(0, usage)).slice(0, reasonLines);
  return reason.length > 0 ? reason.join('\n') : lastLines(output, reasonLines);
}

async function install(root, command) {
  const env = npmEnvironment(root, process.env);
  const args = [command, '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    await runCommand('npm', args, { cwd: root, env, timeoutMs: installTimeoutMs });
  } catch (error) {
    throw new Error(`npm ${command} failed\n${npmReason(error.output ?? error.message)}`, { cause: error });
  }
}

async function installUnlessInstalled(root, step) {
  const wanted = await facts(root);
  if (await isInstalled(root, wanted)) {
    await writeFile(wanted.stamp, wanted.hash);
    step.done('dependencies are installed');
    return;
  }
  const command = wanted.hasLockfile ? 'ci' : 'install';
  step.note(`npm ${command}`);
  const timer = setInterval(() => step.note('still installing'), stillWorkingMs);
  try {
    await install(root, command);
    await writeFile(wanted.stamp, wanted.hash);
    step.done('dependencies installed');
  } finally {
    clearInterval(timer);
  }
}

/**
 * Installs what package-lock.json names, when node_modules is missing or of another lockfile.
 * @param {{ progress: import('./progress.mjs').Progress, root?: string }} options
 */
export async function ensureDependencies({ progress, root = projectRoot }) {
  const step = progress.step('npm');
  const lock = { timeoutMs: installTimeoutMs, onWait: () => step.note('another install runs') };
  await withFileLock(join(root, '.cache', 'npm-install.lock'), lock, () => installUnlessInstalled(root, step));
}
