import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchPackages, libraryFolders, readOwnSuite } from './debian-packages.mjs';
import { dockerSpec } from './docker.mjs';
import { findOnPath } from './paths.mjs';
import { runCommand } from './run-command.mjs';
import { probeRedis } from './server-probes.mjs';
import { isAtLeast } from './versions.mjs';

const minimumVersion = '7.0';

// The live window is rebuilt from JetStream, so nothing is saved; a full memory refuses writes instead of evicting parts of a window.
const settings = ['--save', '', '--appendonly', 'no', '--maxmemory', '1gb', '--maxmemory-policy', 'noeviction'];

async function local(command, context, env = {}) {
  const dir = join(context.dataDir, 'redis');
  await mkdir(dir, { recursive: true });
  const args = [
    '--bind',
    '127.0.0.1',
    '--port',
    String(context.ports.redis),
    '--dir',
    dir,
    '--daemonize',
    'no',
    ...settings,
  ];
  return { spec: { command, args, env }, connection: connectionTo(context) };
}

const connectionTo = ({ ports }) => ({ url: `redis://127.0.0.1:${ports.redis}` });

/** @type {import('./server-chain.mjs').ServerKind<{ url: string }>} */
export const redisServer = {
  name: 'redis',
  title: `Redis ≥ ${minimumVersion}`,
  variables: 'REDIS_URL',

  fromEnvironment: (env) => (env.REDIS_URL ? { url: env.REDIS_URL } : undefined),

  async fromPath(context) {
    const command = findOnPath('redis-server') ?? findOnPath('valkey-server');
    if (!command) throw new Error('neither redis-server nor valkey-server is on PATH');
    const output = await runCommand(command, ['--version'], { timeoutMs: 10_000 });
    if (!isAtLeast(output, minimumVersion))
      throw new Error(`${command} is ${output.trim()}; at least ${minimumVersion} is needed`);
    return local(command, context);
  },

  async fromDocker(context) {
    const spec = await dockerSpec({
      name: 'redis',
      runDir: context.runDir,
      image: 'valkey/valkey:9-alpine',
      ports: { [context.ports.redis]: 6379 },
      args: ['valkey-server', ...settings],
    });
    return { spec, connection: connectionTo(context) };
  },

  async fromPackages(context) {
    const suite = await readOwnSuite();
    const root = await fetchPackages({ name: 'redis', suite, packages: ['redis-server'], mode: 'closure' }, context);
    const env = { LD_LIBRARY_PATH: (await libraryFolders(root)).join(':') };
    return local(join(root, 'usr/bin/redis-server'), context, env);
  },

  async probe({ url }) {
    const { version } = await probeRedis(url);
    if (!isAtLeast(version, minimumVersion))
      throw new Error(`it is version ${version}; at least ${minimumVersion} is needed`);
    return version;
  },
};
