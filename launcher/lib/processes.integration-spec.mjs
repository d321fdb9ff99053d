import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer } from 'node:http';
import { rotateLog } from './log-file.mjs';
import { ManagedProcess } from './managed-process.mjs';
import { identify, isRunning } from './process-identity.mjs';
import { createProgress } from './progress.mjs';
import { RunFolder } from './run-folder.mjs';
import { spawnService, waitUntilServiceReady } from './services.mjs';
import { supervise } from './supervisor.mjs';
import { groupRuns, withTemporaryFolder } from './testing.mjs';
import { waitFor } from './wait.mjs';

const nodeProcess = (dir, script, name = 'stub') =>
  new ManagedProcess({ name, command: process.execPath, args: ['-e', script], logFile: join(dir, `${name}.log`) });

const recordingProgress = () => {
  let text = '';
  const progress = createProgress({ write: (line) => (text += line) });
  return { progress, text: () => text };
};

describe('a supervised process', () => {
  it('is started again after a crash, says so, and ends when asked', () =>
    withTemporaryFolder(async (dir) => {
      const managed = nodeProcess(dir, 'setInterval(() => {}, 1000)');
      const { progress, text } = recordingProgress();
      const supervision = supervise(managed, { progress, nextDelayMs: () => 50 });
      await managed.start();
      const first = managed.pid;
      await managed.kill();
      await waitFor(() => managed.running, { timeoutMs: 5000, what: 'the restart' });
      expect(managed.pid).not.toBe(first);
      await waitFor(() => text().includes('stub runs again'), { timeoutMs: 5000, what: 'the message' });
      expect(text()).toContain('stub ended with SIGKILL; starting it again in 0.05 s');
      const group = managed.pid;
      await supervision.stop();
      expect(groupRuns(group)).toBe(false);
    }));

  it('shows the last lines of its log when it dies of an error', () =>
    withTemporaryFolder(async (dir) => {
      const managed = nodeProcess(dir, 'console.error("no bus"); process.exit(3)');
      const { progress, text } = recordingProgress();
      const supervision = supervise(managed, { progress, nextDelayMs: () => 60_000 });
      await managed.start();
      await waitFor(() => text().includes('ended with code 3'), { timeoutMs: 5000, what: 'the message' });
      expect(text()).toContain('no bus');
      await supervision.stop();
      expect(managed.running).toBe(false);
    }));
});

describe('a stop', () => {
  it('kills a process that ignores SIGTERM, and its children', () =>
    withTemporaryFolder(async (dir) => {
      const script =
        'process.on("SIGTERM", () => {}); require("node:child_process").spawn(process.execPath, ["-e", "process.on(\'SIGTERM\', () => {}); setInterval(() => {}, 1000)"]); console.log("up"); setInterval(() => {}, 1000)';
      const managed = nodeProcess(dir, script);
      await managed.start();
      await waitFor(async () => (await readFile(managed.spec.logFile, 'utf8')).includes('up'), {
        timeoutMs: 5000,
        what: 'the stub',
      });
      const group = managed.pid;
      await managed.stop({ graceMs: 200 });
      expect(groupRuns(group)).toBe(false);
    }));
});

describe('a service', () => {
  it('is ready when its health door answers 200, and not before', () =>
    withTemporaryFolder(async (dir) => {
      const entry = join(dir, 'main.mjs');
      const stub = `import { createServer } from 'node:http';
        let calls = 0;
        createServer((request, response) => response.writeHead(request.url === '/health/ready' && ++calls > 2 ? 200 : 503).end())
          .listen(Number(process.env.OPS_PORT), '127.0.0.1');`;
      await writeFile(entry, stub);
      const probe = createServer().listen(0, '127.0.0.1');
      await once(probe, 'listening');
      const { port } = probe.address();
      probe.close();
      await once(probe, 'close');
      const managed = spawnService({ name: 'ingest', runDir: dir, env: { OPS_PORT: String(port) }, entry });
      await managed.start();
      await waitUntilServiceReady(managed, port);
      expect((await stat(join(dir, 'log', 'ingest.log'))).mode & 0o777).toBe(0o600);
      await managed.stop();
    }));

  it('that is not built is named', () => {
    expect(() => spawnService({ name: 'ingest', runDir: '/tmp', env: {}, entry: '/nowhere/main.js' })).toThrow(
      'ingest is not built',
    );
  });
});

describe('the run folder', () => {
  it('is reclaimed from a killed launcher, whose children are ended', () =>
    withTemporaryFolder(async (dir) => {
      const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
        detached: true,
        stdio: 'ignore',
      });
      const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
        detached: true,
        stdio: 'ignore',
      });
      await Promise.all([once(orphan, 'spawn'), once(bystander, 'spawn')]);
      const children = [
        { name: 'packager', ...identify(orphan.pid) },
        { name: 'reused pid', pid: bystander.pid, startTicks: '1' },
      ];
      await writeFile(join(dir, 'lock.json'), JSON.stringify({ pid: 2 ** 22 + 1, startTicks: '1', children }));
      const folder = new RunFolder(dir);
      const { holder, ended } = await folder.claim();
      expect(holder).toBeUndefined();
      expect(ended.map(({ name }) => name)).toEqual(['packager']);
      expect(isRunning(children[0])).toBe(false);
      expect(identify(bystander.pid)).toBeDefined();
      bystander.kill('SIGKILL');
      await folder.release();
    }));

  it('that a living launcher holds is left to it', () =>
    withTemporaryFolder(async (dir) => {
      const first = new RunFolder(dir);
      await first.claim();
      const second = await new RunFolder(dir).claim();
      expect(second.holder).toMatchObject({ pid: process.pid });
      await first.release();
    }));
});

describe('a log', () => {
  it('is rotated over its limit, keeping a bounded number', () =>
    withTemporaryFolder(async (dir) => {
      const path = join(dir, 'a.log');
      for (const text of ['one', 'two', 'three', 'four']) {
        await writeFile(path, text);
        expect(rotateLog(path, { maxBytes: 2, keep: 2 })).toBe(true);
      }
      expect(await readFile(`${path}.1`, 'utf8')).toBe('four');
      expect(await readFile(`${path}.2`, 'utf8')).toBe('three');
      await expect(stat(`${path}.3`)).rejects.toThrow('ENOENT');
      expect((await stat(path)).size).toBe(0);
    }));
});
