#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from './lib/paths.mjs';

/** @typedef {{ out(line: string): void, error(line: string): void }} Output */

/** Subcommands: what each is for, and the compiled module that runs it, resolving with the exit code. */
const commands = {
  lint: {
    summary: 'watch a live stream and say which rules of HLS it breaks',
    module: 'dist/tools/reload-checker/src/index.js',
    run: (module, args, output) => module.lintCommand(args, output),
  },
  verify: {
    summary: 'verify what an origin serves against what it signed',
    module: 'dist/tools/verify/src/index.js',
    run: (module, args, output) => module.verifyCommand(args, output),
  },
};

const output = {
  out: (line) => process.stdout.write(`${line}\n`),
  error: (line) => process.stderr.write(`${line}\n`),
};

function help() {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(8)}  ${summary}`);
  return ['Usage: headwater <command> [options]', '', ...lines, '', 'headwater <command> --help says more.'].join('\n');
}

/** @param {string[]} argv @returns {Promise<number>} exit code; 2 for a command that cannot be run */
async function main([name, ...args]) {
  if (name === undefined || name === '--help' || name === '-h') {
    output.out(help());
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(commands, name)) {
    output.error(`headwater: expected one of ${Object.keys(commands).join(', ')}, got ${name}`);
    return 2;
  }
  const { module, run } = commands[name];
  const path = join(projectRoot, module);
  if (!existsSync(path)) {
    output.error(`headwater: ${module} is missing; npm run build makes it`);
    return 2;
  }
  return run(await import(pathToFileURL(path).href), args, output);
}

process.exitCode = await main(process.argv.slice(2));
