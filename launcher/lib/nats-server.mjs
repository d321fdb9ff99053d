import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchPackages, readOwnSuite } from './debian-packages.mjs';
import { dockerSpec } from './docker.mjs';
import { findOnPath } from './paths.mjs';
import { runCommand } from './run-command.mjs';
import { probeNats } from './server-probes.mjs';
import { isAtLeast } from './versions.mjs';

const minimumVersion = '2.10';
// A fixed bound above what the streams reserve; JetStream's own default is a share of the free disk, taken once at start.
const maxFile = '8GB';

/** @param {{ listen: string, http?: string, storeDir: string }} options */
export function renderNatsConfiguration({ listen, http, storeDir }) {
  const lines = [
    `listen: "${listen}"`,
    ...(http ? [`http: "${http}"`] : []),
    'max_payload: 8MB',
    'max_pending: 256MB',
    `jetstream { store_dir: ${JSON.stringify(storeDir)}, max_mem: 256MB, max_file: ${maxFile} }`,
  ];
  return `${lines.join('\n')}\n`;
}

async function writeConfiguration({ runDir, dataDir, ports }, inContainer) {
  const storeDir = join(dataDir, 'nats');
  await mkdir(storeDir, { recursive: true });
  const path = join(runDir, 'nats.conf');
  const addresses = inContainer
    ? { listen: '0.0.0.0:4222', storeDir: '/data' }
    : { listen: `127.0.0.1:${ports.nats}`, http: `127.0.0.1:${ports.natsMonitor}`, storeDir };
  await writeFile(path, renderNatsConfiguration(addresses));
  return { path, storeDir };
}

async function local(command, context) {
  const { path } = await writeConfiguration(context, false);
  return { spec: { command, args: ['-c', path] }, connection: { url: `nats://127.0.0.1:${context.ports.nats}` } };
}

async function assertVersion(command) {
  const output = await runCommand(command, ['--version'], { timeoutMs: 10_000 });
  if (!isAtLeast(output, minimumVersion))
    throw new Error(`${command} is ${output.trim()}; at least ${minimumVersion} is needed`);
}

/** @type {import('./server-chain.mjs').ServerKind<{ url: string }>} */
export const natsServer = {
  name: 'nats',
  title: `NATS ≥ ${minimumVersion} with JetStream`,
  variables: 'NATS_URL',

  fromEnvironment: (env) => (env.NATS_URL ? { url: env.NATS_URL } : undefined),

  async fromPath(context) {
    const command = findOnPath('nats-server');
    if (!command) throw new Error('nats-server is not on PATH');
    await assertVersion(command);
    return local(command, context);
  },

  async fromDocker(context) {
    const { path, storeDir } = await writeConfiguration(context, true);
    const spec = await dockerSpec({
      name: 'nats',
      runDir: context.runDir,
      image: 'nats:2.15-alpine',
      ports: { [context.ports.nats]: 4222 },
      volumes: { [storeDir]: '/data', [path]: '/etc/nats/headwater.conf:ro' },
      args: ['-c', '/etc/nats/headwater.conf'],
    });
    return { spec, connection: { url: `nats://127.0.0.1:${context.ports.nats}` } };
  },

  async fromPackages(context) {
    const reasons = [];
    // The package's dependencies would drag an init system in; the binary needs none of them.
    for (const suite of ['forky', 'trixie', await readOwnSuite()]) {
      try {
        const root = await fetchPackages({ name: 'nats', suite, packages: ['nats-server'], mode: 'only' }, context);
        const command = join(root, 'usr/sbin/nats-server');
        await assertVersion(command);
        return await local(command, context);
      } catch (error) {
        reasons.push(error.message);
        context.say(`not from ${suite}`);
      }
    }
    throw new Error(reasons.join('\n'));
  },

  async probe({ url }) {
    const { version, jetstream } = await probeNats(url);
    if (!isAtLeast(version, minimumVersion))
      throw new Error(`it is version ${version}; at least ${minimumVersion} is needed`);
    if (!jetstream) throw new Error('JetStream is not enabled there');
    return version;
  },
};
