/** `npm test`: installs, builds, brings up what the tests need on ports of its own, runs the stages, sums up, leaves nothing running. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { parseTestOptions, testUsage } from './lib/cli-options.mjs';
import { ensureDependencies } from './lib/dependencies.mjs';
import { interruption } from './lib/interrupt.mjs';
import { runJest, runOnConsole } from './lib/jest-stage.mjs';
import { npmEnvironment } from './lib/npm-home.mjs';
import { projectRoot } from './lib/paths.mjs';
import { createProgress } from './lib/progress.mjs';
import { killGroup } from './lib/run-command.mjs';
import { RunFolder } from './lib/run-folder.mjs';
import { endMarked, markedProcesses, markRun } from './lib/run-mark.mjs';
import { bringUpServers, testEnvironment } from './lib/servers.mjs';
import { testSummary, totalCounts } from './lib/summary.mjs';
import { toolVariable } from './lib/test-environment.mjs';
import { findTool, toolNames } from './lib/tools.mjs';

const basePort = 18_100;
const needsServers = ['integration', 'e2e', 'soak'];
// The other stages read the TypeScript sources.
const needsBuild = ['e2e', 'soak'];

/** @type {import('./lib/managed-process.mjs').ManagedProcess[]} */
const processes = [];
const progress = createProgress(process.stdout);
const runFolder = new RunFolder(join(projectRoot, '.run', 'test'));
const mark = markRun();
let stopping = false;

function onProcess(managed) {
  if (stopping) throw new Error('the run was interrupted');
  processes.push(managed);
  runFolder.record(managed);
}

/** Tools by the variables that tests read. One that cannot be had is named; its tests say what they miss. */
async function findTools() {
  const env = {};
  for (const name of toolNames) {
    const step = progress.step(name);
    const tool = await findTool(name, { say: (text) => step.note(text) });
    if ('command' in tool) {
      env[toolVariable(name)] = tool.command;
      step.done(`${tool.command} from ${tool.source}`);
    } else step.fail(`package ${tool.missing} cannot be had: ${tool.reason}`);
  }
  return env;
}

async function prepareBackends() {
  await rm(runFolder.path('data'), { recursive: true, force: true });
  const servers = await bringUpServers({
    runDir: runFolder.dir,
    basePort,
    bucket: 'headwater-test',
    progress,
    onProcess,
  });
  return { ...testEnvironment(servers), ...(await findTools()) };
}

async function runCheck() {
  const env = npmEnvironment(projectRoot, process.env);
  const code = await runOnConsole({
    name: 'check',
    command: 'npm',
    args: ['run', '--silent', 'check'],
    env,
    runDir: runFolder.dir,
    onProcess,
  });
  return { ok: code === 0, note: code === 0 ? undefined : `npm run check ended with ${code}` };
}

async function runStage(name, { env, jestArgs }) {
  progress.line(`stage ${name}`);
  const startedMs = performance.now();
  const outcome = await (
    name === 'check' ? runCheck() : runJest({ project: name, runDir: runFolder.dir, env, jestArgs, onProcess })
  ).catch((error) => ({ ok: false, note: error.message }));
  return { name, durationMs: performance.now() - startedMs, ...outcome };
}

/** @returns {Promise<import('./lib/summary.mjs').StageResult[]>} */
async function runStages({ stages, jestArgs }) {
  await ensureDependencies({ progress });
  const results = [];
  let env;
  for (const name of stages) {
    if (needsBuild.includes(name)) await ensureBuilt({ progress });
    if (needsServers.includes(name)) env ??= await prepareBackends();
    results.push(await runStage(name, { env: env ?? {}, jestArgs }));
  }
  return results;
}

async function cleanUp() {
  stopping = true;
  await Promise.all(processes.map((managed) => managed.stop({ graceMs: 5000 })));
  await endMarked(mark);
  await runFolder.release();
}

function killEverything() {
  for (const managed of processes) killGroup(managed.pid, 'SIGKILL');
  for (const pid of markedProcesses(mark)) process.kill(pid, 'SIGKILL');
  process.exit(130);
}

/** @returns {Promise<number>} exit code */
async function run(options) {
  const { holder } = await runFolder.claim();
  if (holder) throw new Error(`another npm test runs here, pid ${holder.pid}`);
  const interrupted = interruption(killEverything);
  const running = runStages(options);
  const outcome = await Promise.race([running, interrupted]).catch((error) => {
    progress.line(`failed: ${error.message}`);
    return [{ name: 'set-up', ok: false, durationMs: 0, note: error.message.split('\n', 1)[0] }];
  });
  await cleanUp();
  if (typeof outcome === 'string') {
    await running.catch(() => {});
    await cleanUp();
    progress.line(`interrupted by ${outcome}`);
    return 130;
  }
  console.log(`\n${testSummary(outcome)}`);
  const { failed } = totalCounts(outcome);
  return failed === 0 && outcome.every(({ ok }) => ok) ? 0 : 1;
}

async function main() {
  const options = parseTestOptions(process.argv.slice(2));
  if (!options.help) return run(options);
  console.log(testUsage);
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
