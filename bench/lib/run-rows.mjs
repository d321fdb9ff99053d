import { setTimeout as delay } from 'node:timers/promises';

/**
 * What a row gets. `spawn` starts a process that ends with the row; `onEnd` adds what else must be undone then.
 * @typedef {object} RowContext
 * @property {import('./bench-origin.mjs').BenchOrigin} origin
 * @property {{ ffmpeg: string, path: (name: string) => string }} fixtures
 * @property {boolean} quick
 * @property {string} runDir
 * @property {(managed: import('../../launcher/lib/managed-process.mjs').ManagedProcess) => Promise<void>} spawn
 * @property {(undo: () => unknown) => void} onEnd
 *
 * @typedef {{ what: string, value: string, goal?: string, met?: boolean }} Measure
 * @typedef {{ measures: Measure[], notes: string[] }} RowOutcome
 * @typedef {{ name: string, title: string, limitMs: number, run: (context: RowContext) => Promise<RowOutcome> }} Row
 * @typedef {{ row: Row, outcome?: RowOutcome, failure?: string }} RowResult
 */

async function undoOne(work, { name }, progress) {
  try {
    await work();
  } catch (error) {
    progress.line(`${name}: not undone: ${error.message}`);
  }
}

async function runOne(row, context) {
  const undo = [];
  const spawn = async (managed) => {
    context.onProcess(managed);
    undo.push(() => managed.stop({ graceMs: 3000 }));
    await managed.start();
  };
  const running = row.run({ ...context, spawn, onEnd: (work) => undo.push(work) });
  // One that is given up may still fail afterwards.
  running.catch(() => {});
  const limit = new AbortController();
  const late = delay(row.limitMs, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`it was given up after ${row.limitMs / 1000} s`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([running, late]);
  } finally {
    limit.abort();
    for (const work of undo.toReversed()) await undoOne(work, row, context.progress);
  }
}

/**
 * Runs rows one after the other; one that fails leaves its reason, and the others go on.
 * @param {Row[]} rows
 * @param {Omit<RowContext, 'spawn' | 'onEnd'> & { progress: import('../../launcher/lib/progress.mjs').Progress, onProcess: (managed: import('../../launcher/lib/managed-process.mjs').ManagedProcess) => void }} context
 * @returns {Promise<RowResult[]>}
 */
export async function runRows(rows, context) {
  const results = [];
  for (const row of rows) {
    const step = context.progress.step(row.name);
    step.note(row.title);
    try {
      results.push({ row, outcome: await runOne(row, context) });
      step.done('measured');
    } catch (error) {
      results.push({ row, failure: error.message });
      step.fail(error.message);
    }
  }
  return results;
}
