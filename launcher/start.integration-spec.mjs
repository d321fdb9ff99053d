import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultToolsDir, projectRoot } from './lib/paths.mjs';
import { identify } from './lib/process-identity.mjs';
import { serviceNames } from './lib/service-names.mjs';
import { withTemporaryFolder } from './lib/testing.mjs';
import { waitFor } from './lib/wait.mjs';

/** Stands in for every service: health, and the two procedures of broadcast that the demo needs. */
const stubService = `
import { createServer } from 'node:http';
const listen = (port, answer) => port && createServer((request, response) => {
  request.resume().on('end', () => answer(request, response));
}).listen(Number(port), '127.0.0.1');
listen(process.env.OPS_PORT, (_, response) => response.writeHead(200).end('{}'));
listen(process.env.HTTP_PORT, (request, response) => {
  const data = { id: 'li_1', external_input_id: 'lv_1', stream_key_cleartext: 'sk_live_1' };
  const known = request.url.includes('liveInputs.get') || request.url.includes('liveInputs.create') || request.url.includes('/publish/');
  response.writeHead(known ? 200 : 404).end(JSON.stringify({ result: { data } }));
});
process.on('SIGTERM', () => process.exit(0));
`;

/** A project of the launcher and stubs that are built already. */
async function makeProject(root) {
  await cp(join(projectRoot, 'launcher'), join(root, 'launcher'), { recursive: true });
  for (const file of ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'])
    await cp(join(projectRoot, file), join(root, file));
  await mkdir(join(root, 'node_modules'));
  await writeFile(join(root, 'node_modules', '.package-lock.json'), '{}');
  for (const name of serviceNames) {
    await mkdir(join(root, 'dist', 'services', name, 'src'), { recursive: true });
    await writeFile(join(root, 'dist', 'services', name, 'src', 'main.js'), stubService);
  }
  await writeFile(join(root, 'dist', '.headwater-built'), '');
  await mkdir(join(root, '.cache'));
  await mkdir(defaultToolsDir, { recursive: true });
  await symlink(defaultToolsDir, join(root, '.cache', 'tools'));
}

function start(root, args) {
  const child = spawn(process.execPath, ['launcher/start.mjs', '--port', '18800', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run = { child, stdout: '', stderr: '', ended: once(child, 'exit') };
  child.stdout.on('data', (chunk) => (run.stdout += chunk));
  child.stderr.on('data', (chunk) => (run.stderr += chunk));
  return run;
}

const untilSaid = (run, text) =>
  waitFor(() => run.stderr.includes(text), {
    timeoutMs: 120_000,
    what: `"${text}" in\n${run.stderr}`,
    giveUp: () => (run.child.exitCode === null ? undefined : `it ended\n${run.stderr}`),
  });

describe('npm start', () => {
  it(
    'brings up a whole origin, restarts what dies, is found running by a second start, and ends without a trace',
    () =>
      withTemporaryFolder(async (root) => {
        await makeProject(root);
        const hasEncoder = Boolean(process.env.TEST_FFMPEG);
        const run = start(root, ['--json', ...(hasEncoder ? [] : ['--no-demo'])]);
        try {
          await untilSaid(run, 'ready; Ctrl-C');
          const endpoints = JSON.parse(run.stdout);
          expect(JSON.parse(await readFile(join(root, '.run/endpoints.json'), 'utf8'))).toEqual(endpoints);
          expect((await stat(join(root, '.run/endpoints.json'))).mode & 0o777).toBe(0o600);
          expect(endpoints).toMatchObject({
            orgId: 'org_dev',
            demo: hasEncoder ? { inputId: 'lv_1', streamKey: 'sk_live_1' } : null,
            apiKey: expect.stringMatching(/^tqs_live_.{32}$/),
          });
          expect(Object.keys(endpoints.pids).toSorted()).toEqual(
            [...serviceNames, 'nats', 'redis', 's3', ...(hasEncoder ? ['demo'] : [])].toSorted(),
          );
          expect((await fetch(`${endpoints.ops.packager}/health/ready`)).status).toBe(200);

          process.kill(endpoints.pids.packager, 'SIGKILL');
          await untilSaid(run, 'packager runs again');
          process.kill(endpoints.pids.redis, 'SIGKILL');
          await untilSaid(run, 'redis runs again');

          const second = start(root, ['--json']);
          expect((await second.ended)[0]).toBe(0);
          expect(second.stderr).toContain('an origin runs already');
          expect(JSON.parse(second.stdout)).toEqual(endpoints);

          const { children } = JSON.parse(await readFile(join(root, '.run/lock.json'), 'utf8'));
          run.child.kill('SIGINT');
          expect((await run.ended)[0]).toBe(0);
          expect(children.map(({ pid }) => identify(pid)).filter(Boolean)).toEqual([]);
          await expect(stat(join(root, '.run/endpoints.json'))).rejects.toThrow('ENOENT');
        } finally {
          run.child.kill('SIGINT');
          await run.ended;
        }
      }),
    240_000,
  );

  it(
    'can be interrupted while it starts',
    () =>
      withTemporaryFolder(async (root) => {
        await makeProject(root);
        const run = start(root, ['--json', '--no-demo']);
        await untilSaid(run, 'nats       ✓');
        const { children } = JSON.parse(await readFile(join(root, '.run/lock.json'), 'utf8'));
        run.child.kill('SIGTERM');
        expect((await run.ended)[0]).toBe(0);
        expect(run.stderr).toContain('stopped');
        expect(children.map(({ pid }) => identify(pid)).filter(Boolean)).toEqual([]);
      }),
    180_000,
  );

  it('names the known options for an unknown one', () =>
    withTemporaryFolder(async (root) => {
      await makeProject(root);
      const run = start(root, ['--prot', '1']);
      expect((await run.ended)[0]).toBe(1);
      expect(run.stderr).toContain('--data-dir DIR');
    }));
});
