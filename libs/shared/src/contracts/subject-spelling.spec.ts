import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('spec.ts') && !file.includes('node_modules'))
    .map((file) => join(folder, file));

describe('subjects', () => {
  it('are spelled in the contracts folder and in the stream table only', () => {
    const offenders = [...sources('services'), ...sources('libs')]
      .filter((file) => !file.includes('shared/src/contracts/') && !file.endsWith('messaging/streams.ts'))
      .filter((file) => /['"`](media|journal|event|outbox|window|timeshift)\.v\d+\./.test(readFileSync(file, 'utf8')));
    expect(offenders).toEqual([]);
  });
});
