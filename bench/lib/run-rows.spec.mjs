import { silentProgress } from '../../launcher/lib/progress.mjs';
import { runRows } from './run-rows.mjs';

const row = (name, run, limitMs = 1000) => ({ name, title: name, limitMs, run });
const context = {
  origin: undefined,
  fixtures: undefined,
  quick: true,
  runDir: '',
  progress: silentProgress,
  onProcess() {},
};

describe('running rows', () => {
  it('goes on after one that failed and keeps its reason', async () => {
    const outcome = { measures: [], notes: [] };
    const results = await runRows(
      [row('a', () => Promise.reject(new Error('no luck'))), row('b', () => Promise.resolve(outcome))],
      context,
    );
    expect(results.map(({ row: { name }, ...rest }) => ({ name, ...rest }))).toEqual([
      { name: 'a', failure: 'no luck' },
      { name: 'b', outcome },
    ]);
  });

  it('undoes what a row did, the last first, also when it failed', async () => {
    const undone = [];
    const failing = row('a', async ({ onEnd }) => {
      onEnd(() => undone.push('first'));
      onEnd(() => {
        undone.push('second');
        throw new Error('this one cannot be undone');
      });
      throw new Error('no luck');
    });
    await runRows([failing], context);
    expect(undone).toEqual(['second', 'first']);
  });

  it('gives a row up at its limit', async () => {
    const [result] = await runRows([row('a', () => new Promise(() => {}), 20)], context);
    expect(result.failure).toBe('it was given up after 0.02 s');
  });
});
