import { renderReport } from './report.mjs';

const row = (name) => ({
  name,
  title: `Row ${name}`,
  limitMs: 1,
  run: () => Promise.reject(new Error('not run here')),
});
const run = {
  date: '2026-11-20',
  commit: 'abc1234',
  machine: { cores: 2, processor: 'CPU', memoryGb: 8, node: 'v20.20.2' },
  load: { before: 0.5, after: 1.25, limit: 1.5 },
  judged: true,
  quick: false,
  results: [
    {
      row: row('one'),
      outcome: {
        measures: [
          { what: 'good', value: '1.10', goal: '≥ 1', met: true },
          { what: 'bad', value: '0.90', goal: '≥ 1', met: false },
          { what: 'plain | fact', value: '7' },
        ],
        notes: ['A note.'],
      },
    },
    { row: row('two'), failure: 'it broke' },
  ],
};

describe('the report of a bench', () => {
  it('names the machine, the load, and the command of each row', () => {
    const text = renderReport(run);
    expect(text).toContain(
      '2 cores (CPU), 8 GB, Node v20.20.2, commit abc1234.\nLoad average 0.50 before, 1.25 after.',
    );
    expect(text).toContain('## Row one\n\n`npm run bench -- --row one`');
  });

  it('judges what has a goal', () => {
    const text = renderReport(run);
    expect(text).toContain('| good | 1.10 | ≥ 1 | met |\n| bad | 0.90 | ≥ 1 | missed |\n| plain \\| fact | 7 |  |  |');
  });

  it('judges nothing when the machine was busy at the start', () => {
    const text = renderReport({ ...run, judged: false });
    expect(text).toContain('above 1.5: the rows are *not judged*');
    expect(text).toContain('| good | 1.10 | ≥ 1 | not judged |');
    expect(text).not.toMatch(/\| (met|missed) \|/);
  });

  it('gives the reason of a row that failed', () => {
    expect(renderReport(run)).toContain('## Row two\n\n`npm run bench -- --row two`\n\nFailed: it broke');
  });
});
