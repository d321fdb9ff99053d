import { cp, mkdtemp, rm, chown, mkdir } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './paths.mjs';
import { isPortFree } from './ports.mjs';
import { ensureBucket } from './s3-request.mjs';
import { probeNats, probeRedis } from './server-probes.mjs';
import { bringUpServers } from './servers.mjs';
import { groupRuns } from './testing.mjs';

const portOf = (url) => Number(new URL(url).port);
const unknownUid = 54_321;

describe('the three servers', () => {
  let runDir;
  let servers;

  beforeAll(async () => {
    runDir = await mkdtemp(join(tmpdir(), 'headwater-servers-'));
    servers = await bringUpServers({ runDir, basePort: 18_700 });
  }, 180_000);

  afterAll(async () => {
    await servers?.stop();
    await rm(runDir, { recursive: true, force: true });
  });

  it('state versions that are new enough', () => {
    expect(servers.handles.nats.version).toMatch(/^2\.(1\d|[2-9]\d)\./);
    expect(servers.handles.redis.version).toMatch(/^([7-9]|\d\d)\./);
  });

  it('are killed and started again one by one, at the same address', async () => {
    const { redis } = servers.handles;
    const before = redis.pid;
    await redis.kill();
    await expect(probeRedis(servers.redis.url)).rejects.toThrow();
    await redis.start();
    expect(redis.pid).not.toBe(before);
    await expect(probeRedis(servers.redis.url)).resolves.toMatchObject({ version: redis.version });
  }, 30_000);

  it('keep their data over a crash: the bucket is there at once', async () => {
    await servers.handles.s3.kill();
    await servers.handles.s3.start();
    await expect(ensureBucket(servers.s3)).resolves.toBeDefined();
    await servers.handles.nats.restart();
    await expect(probeNats(servers.nats.url)).resolves.toMatchObject({ jetstream: true });
  }, 60_000);

  it('leave no process and no port behind when they are stopped', async () => {
    const groups = Object.values(servers.handles).map(({ pid }) => pid);
    expect(groups.every((group) => group > 0 && groupRuns(group))).toBe(true);
    await servers.stop();
    expect(groups.filter(groupRuns)).toEqual([]);
    const ports = [servers.nats.url, servers.redis.url, servers.s3.endpoint].map(portOf);
    expect(await Promise.all(ports.map((port) => isPortFree(port)))).toEqual([true, true, true]);
  }, 30_000);
});

describe('a user without root, without HOME and without a passwd entry', () => {
  it('gets the three servers in an empty folder', async () => {
    const root = await mkdtemp(join(tmpdir(), 'headwater-rootless-'));
    const owner = process.getuid?.() === 0 ? { uid: unknownUid, gid: unknownUid } : {};
    try {
      await cp(join(projectRoot, 'launcher'), join(root, 'launcher'), { recursive: true });
      if (owner.uid) await chown(root, owner.uid, owner.gid);
      await mkdir(join(root, '.cache'));
      if (owner.uid) await chown(join(root, '.cache'), owner.uid, owner.gid);
      const args = ['launcher/servers.mjs', '--run-dir', join(root, 'run'), '--base-port', '18760'];
      const child = spawn(process.execPath, args, { cwd: root, ...owner, env: { PATH: process.env.PATH } });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
      const ended = once(child, 'exit');
      const ready = new Promise((resolve) => {
        child.stdout.on('data', () => output.includes('TEST_S3_REGION') && resolve(undefined));
      });
      await Promise.race([ready, ended]);
      expect(output).toContain('export TEST_NATS_URL=');
      child.kill('SIGINT');
      await expect(ended).resolves.toEqual([0, null]);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  }, 180_000);
});
