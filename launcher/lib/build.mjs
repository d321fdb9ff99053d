import { existsSync } from 'node:fs';
import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileLock } from './file-lock.mjs';
import { projectRoot } from './paths.mjs';
import { runCommand } from './run-command.mjs';
import { serviceNames } from './service-names.mjs';

const buildTimeoutMs = 300_000;

/** Newest change below `folder`, folders included: a removed file shows in its folder's time. @returns {Promise<number>} epoch ms, 0 for nothing */
async function newestChangeMs(folder) {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const times = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mtimeMs));
  return times.reduce((newest, time) => Math.max(newest, time), 0);
}

// The compiler's own record keeps its time when a changed source gives the same output.
const stampPath = (root) => join(root, 'dist', '.headwater-built');

async function isFresh(root) {
  const built = await stat(stampPath(root)).then(
    (facts) => facts.mtimeMs,
    () => 0,
  );
  const hasAll = serviceNames.every((name) => existsSync(servicePath(name, root)));
  const settings = ['package.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) => stat(join(root, name)));
  const settingTimes = (await Promise.all(settings)).map((facts) => facts.mtimeMs);
  const sourceTimes = await Promise.all(
    ['services', 'libs', 'tools'].map((folder) => newestChangeMs(join(root, folder))),
  );
  return hasAll && built >= Math.max(...settingTimes, ...sourceTimes);
}

/** Compiled entry point of a service. @param {string} name @param {string} [root] */
export function servicePath(name, root = projectRoot) {
  return join(root, 'dist', 'services', name, 'src', 'main.js');
}

/**
 * Compiles services and libraries into dist/ when a source is newer.
 * @param {{ progress: import('./progress.mjs').Progress, root?: string }} options
 */
export async function ensureBuilt({ progress, root = projectRoot }) {
  const step = progress.step('build');
  await withFileLock(
    join(root, '.cache', 'build.lock'),
    { timeoutMs: buildTimeoutMs, onWait: () => step.note('another build runs') },
    async () => {
      if (await isFresh(root)) {
        step.done('up to date');
        return;
      }
      const startedAt = new Date();
      step.note('tsc -p tsconfig.build.json');
      const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
      await runCommand(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
        cwd: root,
        timeoutMs: buildTimeoutMs,
      });
      const missing = serviceNames.filter((name) => !existsSync(servicePath(name, root)));
      if (missing.length > 0)
        throw new Error(`the build made no ${missing.map((name) => servicePath(name, root)).join(', ')}`);
      await writeFile(stampPath(root), '');
      await utimes(stampPath(root), startedAt, startedAt);
      step.done('services and libraries compiled');
    },
  );
}
