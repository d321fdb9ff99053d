import { randomBytes } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchPackages, libraryFolders, readOwnSuite } from './debian-packages.mjs';
import { dockerSpec } from './docker.mjs';
import { findOnPath, isExecutable } from './paths.mjs';
import { readOrCreatePrivateJson } from './private-json.mjs';
import { ensureBucket } from './s3-request.mjs';

const swiftLauncher = fileURLToPath(new URL('./swift/swift_s3.py', import.meta.url));
const region = 'us-east-1';

/** Keys of this run folder's own store, made once. Swift's access key has the form account:user. */
async function connectionTo({ runDir, ports, bucket }, accessKey) {
  const { secretKey } = await readOrCreatePrivateJson(join(runDir, 's3-secret.json'), () => ({
    secretKey: randomBytes(24).toString('hex'),
  }));
  return { endpoint: `http://127.0.0.1:${ports.s3}`, accessKey, secretKey, bucket, region };
}

const minioAccount = ({ accessKey, secretKey }) => ({ MINIO_ROOT_USER: accessKey, MINIO_ROOT_PASSWORD: secretKey });

async function storeFolder(context, name) {
  const dir = join(context.dataDir, name);
  await mkdir(dir, { recursive: true });
  return dir;
}

/** The interpreter the packages are made for: the unpacked one where the machine has none. @param {string} root */
async function debianPython(root) {
  const names = await readdir(join(root, 'usr/bin')).catch(() => []);
  const unpacked = names.find((name) => /^python3\.\d+$/.test(name));
  if (unpacked) return { command: join(root, 'usr/bin', unpacked), env: { PYTHONHOME: join(root, 'usr') } };
  if (isExecutable('/usr/bin/python3')) return { command: '/usr/bin/python3', env: {} };
  throw new Error('no Debian python3 on this machine nor among the unpacked packages');
}

/** @type {import('./server-chain.mjs').ServerKind<import('./s3-request.mjs').S3Connection>} */
export const s3Server = {
  name: 's3',
  title: 'an S3 store',
  variables: 'S3_ENDPOINT, S3_ACCESS_KEY, S3_SECRET_KEY and S3_BUCKET',

  fromEnvironment(env) {
    if (!env.S3_ENDPOINT) return undefined;
    const { S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey, S3_BUCKET: bucket } = env;
    if (!accessKey || !secretKey || !bucket) {
      throw new Error('S3_ENDPOINT is set, but not all of S3_ACCESS_KEY, S3_SECRET_KEY and S3_BUCKET');
    }
    return { endpoint: env.S3_ENDPOINT, accessKey, secretKey, bucket, region: env.S3_REGION ?? region };
  },

  async fromPath(context) {
    const command = findOnPath('silo') ?? findOnPath('minio');
    if (!command) throw new Error('neither silo nor minio is on PATH');
    const connection = await connectionTo(context, 'headwater');
    const address = [
      '--address',
      `127.0.0.1:${context.ports.s3}`,
      '--console-address',
      `127.0.0.1:${context.ports.s3 + 1}`,
    ];
    const dir = await storeFolder(context, 's3-minio');
    return { spec: { command, args: ['server', ...address, dir], env: minioAccount(connection) }, connection };
  },

  async fromDocker(context) {
    const connection = await connectionTo(context, 'headwater');
    const spec = await dockerSpec({
      name: 's3',
      runDir: context.runDir,
      image: 'pgsty/silo',
      ports: { [context.ports.s3]: 9000 },
      volumes: { [await storeFolder(context, 's3-minio')]: '/data' },
      env: minioAccount(connection),
      args: ['server', '/data'],
    });
    return { spec, connection };
  },

  async fromPackages(context) {
    const suite = await readOwnSuite();
    const root = await fetchPackages({ name: 'swift', suite, packages: ['python3-swift'], mode: 'closure' }, context);
    const python = await debianPython(root);
    const connection = await connectionTo(context, 'headwater:origin');
    const env = {
      ...python.env,
      PYTHONPATH: join(root, 'usr/lib/python3/dist-packages'),
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONWARNINGS: 'ignore',
      PYTHONUNBUFFERED: '1',
      LD_LIBRARY_PATH: (await libraryFolders(root)).join(':'),
      SWIFT_S3_ACCESS_KEY: connection.accessKey,
      SWIFT_S3_SECRET_KEY: connection.secretKey,
      SWIFT_S3_REGION: region,
    };
    const dir = await storeFolder(context, 's3-swift');
    return { spec: { command: python.command, args: [swiftLauncher, dir, String(context.ports.s3)], env }, connection };
  },

  async probe(connection) {
    const { server } = await ensureBucket(connection);
    return server;
  },
};
