import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from './lib/paths.mjs';
import { runCommand } from './lib/run-command.mjs';
import { serviceNames } from './lib/service-names.mjs';

const compose = process.env.TEST_DOCKER_COMPOSE;
const itWithCompose = compose ? it : it.skip;
const required = [
  'S3_ACCESS_KEY',
  'S3_SECRET_KEY',
  'HEADWATER_MASTER_KEY',
  'BOOTSTRAP_API_KEY',
  'BOOTSTRAP_APP_KEY',
  'BOOTSTRAP_APP_SECRET',
];
const given = Object.fromEntries(required.map((name) => [name, 'x'.repeat(40)]));

const config = (env) =>
  runCommand(compose, ['-f', join(projectRoot, 'docker-compose.yml'), 'config'], {
    env: { PATH: process.env.PATH, ...env },
  });

describe('docker-compose.yml', () => {
  itWithCompose('is valid and starts each of the five services from the one image', async () => {
    const text = await config(given);
    for (const name of serviceNames) expect(text).toContain(`- dist/services/${name}/src/main.js`);
    expect(text.match(/image: headwater$/gm)).toHaveLength(serviceNames.length);
    expect(text).toContain('condition: service_healthy');
  });

  it.each(required)('asks for %s instead of inventing it', async (name) => {
    expect(await readFile(join(projectRoot, 'docker-compose.yml'), 'utf8')).toContain(`\${${name}:?`);
  });

  itWithCompose('says which required variable is missing', async () => {
    const { HEADWATER_MASTER_KEY: _, ...others } = given;
    await expect(config(others)).rejects.toThrow('HEADWATER_MASTER_KEY');
  });
});

describe('the image', () => {
  it('does not run as root', async () => {
    expect(await readFile(join(projectRoot, 'Dockerfile'), 'utf8')).toMatch(/^USER node$/m);
  });
});
