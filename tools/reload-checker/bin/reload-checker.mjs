#!/usr/bin/env node
import { existsSync } from 'node:fs';

const module = new URL('../../../dist/tools/reload-checker/src/index.js', import.meta.url);
const output = {
  out: (line) => process.stdout.write(`${line}\n`),
  error: (line) => process.stderr.write(`${line}\n`),
};

if (existsSync(module)) {
  const { lintCommand } = await import(module.href);
  process.exitCode = await lintCommand(process.argv.slice(2), output);
} else {
  output.error('reload-checker: it is not compiled; npm run build makes it');
  process.exitCode = 2;
}
