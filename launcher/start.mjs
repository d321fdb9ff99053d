/** `npm start`: from a bare clone to a running origin, and back to nothing on Ctrl-C. */
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { parseStartOptions, startUsage } from './lib/cli-options.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { interruption } from './lib/interrupt.mjs';
import { Origin } from './lib/origin.mjs';
import { projectRoot } from './lib/paths.mjs';
import { writePrivateJson } from './lib/private-json.mjs';
import { createProgress } from './lib/progress.mjs';
import { killGroup } from './lib/run-command.mjs';
import { RunFolder } from './lib/run-folder.mjs';
import { whatToOpen } from './lib/summary.mjs';

const runFolder = new RunFolder(join(projectRoot, '.run'));
const endpointsFile = runFolder.path('endpoints.json');
/** @type {import('./lib/managed-process.mjs').ManagedProcess[]} */
const processes = [];

function show(endpoints, { json, progress }) {
  progress.line(`open:\n${whatToOpen(endpoints, endpointsFile)}`);
  if (json) console.log(JSON.stringify(endpoints, null, 2));
}

async function reportRunning(holder, { json, progress }) {
  progress.line(`an origin runs already, pid ${holder.pid}`);
  const endpoints = await runFolder.endpoints();
  if (endpoints) show(endpoints, { json, progress });
  else progress.line('it is still starting');
}

function killEverything() {
  for (const managed of processes) killGroup(managed.pid, 'SIGKILL');
  process.exit(130);
}

async function bringUp(origin, options, progress) {
  await ensureDependencies({ progress });
  await ensureBuilt({ progress });
  const endpoints = await origin.start(options);
  await writePrivateJson(endpointsFile, endpoints);
  show(endpoints, { json: options.json, progress });
  progress.line('ready; Ctrl-C stops it');
}

/** @returns {Promise<number>} exit code */
async function run(options, progress) {
  const { holder, ended } = await runFolder.claim();
  if (holder) {
    await reportRunning(holder, { json: options.json, progress });
    return 0;
  }
  if (ended.length > 0)
    progress.line(`ended what a killed origin had left: ${ended.map(({ name }) => name).join(', ')}`);
  const interrupted = interruption(killEverything);
  const onProcess = (managed) => {
    processes.push(managed);
    runFolder.record(managed);
  };
  const origin = new Origin({ runDir: runFolder.dir, progress, onProcess });
  const starting = bringUp(origin, options, progress).then(() => interrupted);
  const failure = await Promise.race([starting, interrupted]).then(
    () => undefined,
    (error) => error,
  );
  progress.line(failure ? `failed: ${failure.message}` : 'stopping');
  await origin.stop();
  await starting.catch(() => {});
  // A process that was being started when the stop began has been added since.
  await origin.stop();
  await runFolder.release();
  progress.line('stopped');
  return failure ? 1 : 0;
}

async function main() {
  const options = parseStartOptions(process.argv.slice(2));
  if (options.help) {
    console.log(startUsage);
    return 0;
  }
  return run(options, createProgress(options.json ? process.stderr : process.stdout));
}

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
