import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ManagedProcess } from './managed-process.mjs';
import { projectRoot } from './paths.mjs';
import { readJson } from './private-json.mjs';

/** @typedef {import('./summary.mjs').StageResult} StageResult */

/** Counts and skipped names of Jest's `--json` report. @param {object} report */
export function readJestReport({
  numPassedTests,
  numFailedTests,
  numPendingTests,
  numTodoTests,
  numRuntimeErrorTestSuites,
  testResults,
}) {
  const skipped = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'pending' || status === 'todo').map(({ fullName }) => fullName),
  );
  return {
    // A suite that could not run holds no failed test, and is a failure all the same.
    counts: {
      passed: numPassedTests,
      failed: numFailedTests + numRuntimeErrorTestSuites,
      skipped: numPendingTests + numTodoTests,
    },
    skipped,
  };
}

/**
 * With CI set, a skipped test is a failure.
 * @param {{ counts: import('./summary.mjs').Counts, skipped: string[] }} report
 * @param {{ exitCode: number | null, strict: boolean }} facts
 */
export function judgeJestReport({ counts, skipped }, { exitCode, strict }) {
  const refused = strict && counts.skipped > 0;
  const note =
    skipped.length > 0
      ? `${refused ? 'skipped, which CI does not allow' : 'skipped'}: ${skipped.join('; ')}`
      : undefined;
  return { ok: exitCode === 0 && counts.failed === 0 && !refused, counts, note };
}

/**
 * Runs one Jest project with the console as its output.
 * @param {{ project: string, runDir: string, env: Record<string, string>, jestArgs: string[], onProcess: (process: ManagedProcess) => void }} options
 * @returns {Promise<{ ok: boolean, counts?: import('./summary.mjs').Counts, note?: string }>}
 */
export async function runJest({ project, runDir, env, jestArgs, onProcess }) {
  const outputFile = join(runDir, `jest-${project}.json`);
  const jest = join(projectRoot, 'node_modules', 'jest', 'bin', 'jest.js');
  const serial = project === 'unit' ? [] : ['--runInBand'];
  const args = [
    '--experimental-vm-modules',
    jest,
    '--selectProjects',
    project,
    ...serial,
    '--json',
    `--outputFile=${outputFile}`,
    ...jestArgs,
  ];
  // The report of an earlier run must not pass for this one's.
  await rm(outputFile, { force: true });
  const exitCode = await runOnConsole({
    name: `jest ${project}`,
    command: process.execPath,
    args,
    env,
    onProcess,
    runDir,
  });
  const report = await readJson(outputFile);
  if (!report) return { ok: false, note: `jest ended with ${exitCode} and wrote no report` };
  return judgeJestReport(readJestReport(report), { exitCode, strict: Boolean(process.env.CI) });
}

/**
 * Runs a command in a process group of its own with the console as its output.
 * @param {{ name: string, command: string, args: string[], env: NodeJS.ProcessEnv, runDir: string, onProcess: (process: ManagedProcess) => void }} options
 * @returns {Promise<number | null>} exit code, null after a signal
 */
export async function runOnConsole({ name, command, args, env, runDir, onProcess }) {
  const logFile = join(runDir, 'log', `${name.replaceAll(' ', '-')}.log`);
  const managed = new ManagedProcess({ name, command, args, env, cwd: projectRoot, logFile, console: true });
  onProcess(managed);
  const ended = new Promise((resolve) => {
    managed.once('exit', ({ code }) => resolve(code));
  });
  await managed.start();
  const code = await ended;
  // Whatever a test left in its group ends with it.
  await managed.stop({ graceMs: 2000 });
  return code;
}
