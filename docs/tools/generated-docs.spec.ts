import { readFileSync, writeFileSync } from 'node:fs';
import { conformancePage } from './conformance.ts';
import { configurationPage, contractsPage, environmentExample } from './generated-docs.ts';

const PAGES: ReadonlyArray<readonly [string, () => string]> = [
  ['docs/configuration.md', configurationPage],
  ['docs/contracts.md', contractsPage],
  ['docs/conformance.md', conformancePage],
  ['.env.example', environmentExample],
];

describe('generated documentation', () => {
  it.each(PAGES)('%s says what the code says (npm run docs writes it)', (path, render) => {
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(path, render());
    expect(readFileSync(path, 'utf8')).toBe(render());
  });
});
