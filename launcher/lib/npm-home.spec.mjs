import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmEnvironment } from './npm-home.mjs';

describe('the environment of npm', () => {
  let root;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'npm-home-'));
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it('keeps a home that can be written', () => {
    expect(npmEnvironment(root, { HOME: root, PATH: '/bin' }, undefined)).toEqual({ HOME: root, PATH: '/bin' });
  });

  it.each([undefined, '', '/nonexistent'])('makes a home and a cache in the project for HOME=%s', (HOME) => {
    const env = npmEnvironment(root, { HOME }, '/nonexistent');
    expect(env).toEqual({ HOME: join(root, '.cache/home'), npm_config_cache: join(root, '.cache/npm') });
  });

  it('falls back to the home of the passwd entry', () => {
    expect(npmEnvironment(root, { HOME: '' }, root).HOME).toBe(root);
  });
});
