import { parseArgs } from 'node:util';
import { UsageError } from './cli-options.mjs';

/** Names of the rows, in the order in which a whole run takes them. Here and not with the rows: `--help` must work before anything is installed. */
export const rowNames = Object.freeze([
  'cpu',
  'delay',
  'reload',
  'parked',
  'streams',
  'cold',
  'inspect',
  'throughput',
  'players',
]);

/** Text of `npm run bench -- --help`. */
export const benchUsage = [
  'usage: npm run bench -- [options]',
  `  --row NAME         only one of ${rowNames.join(', ')}; nothing is written to bench/results`,
  '  --quick            a trial of a few rounds; nothing is written to bench/results',
  '  --help             this text',
].join('\n');

/**
 * @param {string[]} args
 * @returns {{ rows: string[], whole: boolean, quick: boolean, help: boolean }} `whole`: the run is one to keep
 */
export function parseBenchOptions(args) {
  const { row, quick, help } = parse(args);
  if (row !== undefined && !rowNames.includes(row))
    throw new UsageError(`--row expects one of ${rowNames.join(', ')}, got "${row}"\n${benchUsage}`);
  return { rows: row === undefined ? [...rowNames] : [row], whole: row === undefined && !quick, quick, help };
}

/** @param {string[]} args @returns {{ row?: string, quick: boolean, help: boolean }} */
function parse(args) {
  try {
    const { row, quick, help } = parseArgs({
      args,
      options: { row: { type: 'string' }, quick: { type: 'boolean' }, help: { type: 'boolean' } },
      strict: true,
    }).values;
    return { ...(row === undefined ? {} : { row }), quick: quick ?? false, help: help ?? false };
  } catch (error) {
    throw new UsageError(`${error.message.split('. ', 1)[0]}\n${benchUsage}`);
  }
}
