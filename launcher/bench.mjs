/** `npm run bench`: installs, builds, brings up an origin of its own, measures row by row, prints and keeps the table, leaves nothing running. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startBenchOrigin } from '../bench/lib/bench-origin.mjs';
import { ensureFixtures } from '../bench/lib/fixtures.mjs';
import { loadLimit, loadNow, machineFacts, waitForQuiet } from '../bench/lib/machine.mjs';
import { renderReport } from '../bench/lib/report.mjs';
import { runRows } from '../bench/lib/run-rows.mjs';
import { rows } from '../bench/rows/rows.mjs';
import { benchUsage, parseBenchOptions } from './lib/bench-options.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { interruption } from './lib/interrupt.mjs';
import { projectRoot } from './lib/paths.mjs';
import { createProgress } from './lib/progress.mjs';
import { killGroup, runCommand } from './lib/run-command.mjs';
import { RunFolder } from './lib/run-folder.mjs';

const quietTimeoutMs = 300_000;
const settleMs = 1000;

/** @type {import('./lib/managed-process.mjs').ManagedProcess[]} */
const processes = [];
const progress = createProgress(process.stderr);
const runFolder = new RunFolder(join(projectRoot, '.run', 'bench'));
let stopping = false;

function onProcess(managed) {
  if (stopping) throw new Error('the run was interrupted');
  processes.push(managed);
  runFolder.record(managed);
}

/** Short hash of what is measured, with a mark when files differ from it; undefined outside a repository. */
async function commitOf() {
  const describe = ['describe', '--always', '--exclude=*', '--dirty=, with changes'];
  return runCommand('git', describe, { cwd: projectRoot }).then(
    (text) => text.trim(),
    () => undefined,
  );
}

async function measure({ rows: names, quick }) {
  await ensureDependencies({ progress });
  await ensureBuilt({ progress });
  const fixtures = await ensureFixtures({ progress });
  const judged = await waitForQuiet({ timeoutMs: quick ? 0 : quietTimeoutMs, say: (text) => progress.line(text) });
  const before = loadNow();
  const origin = await startBenchOrigin({ runDir: runFolder.dir, progress, onProcess });
  const context = { origin, fixtures, quick, runDir: runFolder.dir, progress, onProcess };
  const results = await runRows(
    rows.filter(({ name }) => names.includes(name)),
    context,
  );
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: await commitOf(),
    machine: machineFacts(),
    load: { before, after: loadNow(), limit: loadLimit },
    judged,
    quick,
    results,
  };
}

async function keep(report, date) {
  const folder = join(projectRoot, 'bench', 'results');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${date}.md`), report);
  progress.line(`written to bench/results/${date}.md`);
}

/** Services, then the servers they use: the order in which they came, reversed. */
async function cleanUp() {
  stopping = true;
  for (const managed of processes.toReversed()) await managed.stop({ graceMs: 5000 });
  await runFolder.release();
}

function killEverything() {
  for (const managed of processes) killGroup(managed.pid, 'SIGKILL');
  process.exit(130);
}

/** @returns {Promise<number>} exit code */
async function run(options) {
  const { holder } = await runFolder.claim();
  if (holder) throw new Error(`another npm run bench runs here, pid ${holder.pid}`);
  const interrupted = interruption(killEverything);
  const measuring = measure(options);
  const outcome = await Promise.race([measuring, interrupted]).catch((error) => error);
  await cleanUp();
  if (typeof outcome === 'string' || outcome instanceof Error) {
    // A process that was being started when the stop began has come up since.
    await Promise.race([measuring.catch(() => {}), delay(settleMs)]);
    await cleanUp();
  }
  if (typeof outcome === 'string') {
    progress.line(`interrupted by ${outcome}`);
    return 130;
  }
  if (outcome instanceof Error) throw outcome;
  const report = renderReport(outcome);
  console.log(report);
  if (options.whole) await keep(report, outcome.date);
  return outcome.results.some(({ failure }) => failure) ? 1 : 0;
}

async function main() {
  const options = parseBenchOptions(process.argv.slice(2));
  if (!options.help) return run(options);
  console.log(benchUsage);
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
