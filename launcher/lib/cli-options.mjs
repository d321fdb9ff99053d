import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** A command line that cannot be understood; the message lists what can. */
export class UsageError extends Error {
  name = 'UsageError';
}

const startOptions = {
  demo: { type: 'boolean', help: '--no-demo          start without the demo encoder' },
  port: {
    type: 'string',
    help: '--port N           playback at N, ingest at N+1, broadcast at N+2, playback over TLS at N+3 (default 8080)',
  },
  'data-dir': {
    type: 'string',
    help: '--data-dir DIR     where NATS, Redis and S3 keep their data (default .run/data)',
  },
  json: { type: 'boolean', help: '--json             print the endpoints as JSON on standard output when ready' },
  help: { type: 'boolean', help: '--help             this text' },
};

const stages = ['check', 'unit', 'integration', 'e2e', 'soak'];

const testOptions = {
  only: { type: 'string', help: `--only STAGE       one of ${stages.join(', ')} (default: all but soak)` },
  help: { type: 'boolean', help: '--help             this text; what follows -- goes to Jest' },
};

const usage = (command, options) =>
  [`usage: ${command}`, ...Object.values(options).map(({ help }) => `  ${help}`)].join('\n');

/** Text of `npm start -- --help`. */
export const startUsage = usage('npm start -- [options]', startOptions);

/** Text of `npm test -- --help`. */
export const testUsage = usage('npm test -- [options] [-- jest options]', testOptions);

/** @returns {any} values by option name; each parse function states the types */
function parse(args, options, text) {
  const known = Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }]));
  try {
    return parseArgs({ args, options: known, allowNegative: true, strict: true }).values;
  } catch (error) {
    throw new UsageError(`${error.message.split('. ', 1)[0]}\n${text}`);
  }
}

/** @param {string} text */
function parsePort(text) {
  const port = Number(text);
  // The servers' ports lie up to 40 above the first.
  if (!/^\d+$/.test(text) || port < 1 || port > 65_000)
    throw new UsageError(`--port expects a number from 1 to 65000, got "${text}"\n${startUsage}`);
  return port;
}

/**
 * @param {string[]} args
 * @returns {{ demo: boolean, port: number, dataDir: string | undefined, json: boolean, help: boolean }}
 */
export function parseStartOptions(args) {
  const { demo = true, port = '8080', json = false, help = false, ...rest } = parse(args, startOptions, startUsage);
  const dataDir = rest['data-dir'];
  return { demo, port: parsePort(port), dataDir: dataDir && resolve(dataDir), json, help };
}

/**
 * @param {string[]} args
 * @returns {{ stages: string[], help: boolean, jestArgs: string[] }}
 */
export function parseTestOptions(args) {
  const separator = args.indexOf('--');
  const own = separator === -1 ? args : args.slice(0, separator);
  const { only, help = false } = parse(own, testOptions, testUsage);
  if (only !== undefined && !stages.includes(only)) {
    throw new UsageError(`--only expects one of ${stages.join(', ')}, got "${only}"\n${testUsage}`);
  }
  return {
    stages: only ? [only] : stages.filter((stage) => stage !== 'soak'),
    help,
    jestArgs: separator === -1 ? [] : args.slice(separator + 1),
  };
}
