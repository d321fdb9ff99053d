import { rows } from '../../bench/rows/rows.mjs';
import { parseBenchOptions, rowNames } from './bench-options.mjs';
import { UsageError } from './cli-options.mjs';

describe('options of npm run bench', () => {
  it('runs every row and keeps the result', () => {
    expect(parseBenchOptions([])).toEqual({ rows: [...rowNames], whole: true, quick: false, help: false });
  });

  it.each([
    [['--row', 'delay'], ['delay'], false],
    [['--quick'], [...rowNames], true],
  ])('keeps no result of %j', (args, names, quick) => {
    expect(parseBenchOptions(args)).toEqual({ rows: names, whole: false, quick, help: false });
  });

  it('names the rows when one is unknown, and the options likewise', () => {
    expect(() => parseBenchOptions(['--row', 'speed'])).toThrow(/cpu, delay, reload, .*, got "speed"/);
    expect(() => parseBenchOptions(['--rounds', '3'])).toThrow(UsageError);
  });

  it('knows the rows that there are', () => {
    expect(rows.map(({ name }) => name)).toEqual(rowNames);
  });
});
