import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { servicePath } from './build.mjs';
import { logTail } from './log-file.mjs';
import { ManagedProcess } from './managed-process.mjs';
import { projectRoot } from './paths.mjs';
import { findFreePort } from './ports.mjs';
import { serviceNames } from './service-names.mjs';
import { waitFor } from './wait.mjs';

const publicOffsets = { playback: 0, ingest: 1, broadcast: 2 };
/** Of playback over TLS. */
const httpsOffset = 3;
const firstOpsOffset = 10;
const readyTimeoutMs = 60_000;
const probeTimeoutMs = 2000;
const mediaPipes = new Set(['ingest', 'packager', 'timeshift']);
/**
 * Media passes through the pipes in buffers that live for a moment. V8 adds their bytes to a heap that is small otherwise,
 * and collects all of it several times a second (a third of the packager's CPU time) unless the heap may begin larger.
 */
const pipeOptions = ['--initial-old-space-size=256'];

/** @typedef {{ public: Record<string, number>, https: number, ops: Record<string, number> }} ServicePorts `https`: playback over TLS */

/**
 * Ports of the services from `first` on; a busy one gives way to the next that is free.
 * @param {number} first
 * @param {(text: string) => void} say told of each port that had to move
 * @returns {Promise<ServicePorts>}
 */
export async function chooseServicePorts(first, say) {
  const taken = new Set();
  const choose = async (name, wanted) => {
    const port = await findFreePort(wanted, { taken });
    taken.add(port);
    if (port !== wanted) say(`port ${wanted} is busy: ${name} takes ${port}`);
    return port;
  };
  const ports = { public: {}, https: 0, ops: {} };
  for (const [name, offset] of Object.entries(publicOffsets)) ports.public[name] = await choose(name, first + offset);
  ports.https = await choose('playback over TLS', first + httpsOffset);
  for (const [index, name] of serviceNames.entries()) {
    ports.ops[name] = await choose(`${name} (health)`, first + firstOpsOffset + index);
  }
  return ports;
}

/** @param {ServicePorts} ports @returns {Record<string, string>} base URL by service */
export function publicUrls(ports) {
  return Object.fromEntries(Object.entries(ports.public).map(([name, port]) => [name, `http://127.0.0.1:${port}`]));
}

/**
 * Environment of one service.
 * @param {string} name
 * @param {{ servers: Pick<import('./servers.d.mts').Servers, 'nats' | 'redis' | 's3'>, ports: ServicePorts, secrets: import('./secrets.mjs').Secrets, certificate?: import('./development-certificate.mjs').CertificateFiles, extra?: Record<string, string> }} facts without a certificate there is no door over TLS
 * @returns {Record<string, string>}
 */
export function serviceEnvironment(name, { servers, ports, secrets, certificate, extra = {} }) {
  const { nats, redis, s3 } = servers;
  const urls = publicUrls(ports);
  /** @type {Record<string, string>} */
  const door =
    ports.public[name] === undefined ? {} : { HTTP_HOST: '127.0.0.1', HTTP_PORT: String(ports.public[name]) };
  /** @type {Record<string, string>} */
  const bootstrap = {
    BOOTSTRAP_ORG_ID: secrets.orgId,
    BOOTSTRAP_API_KEY: secrets.apiKey,
    BOOTSTRAP_APP_KEY: secrets.app.apiKey,
    BOOTSTRAP_APP_SECRET: secrets.app.apiSecret,
    WEBHOOK_ALLOW_PRIVATE: 'true',
  };
  return {
    NODE_ENV: 'production',
    NATS_URL: nats.url,
    REDIS_URL: redis.url,
    S3_ENDPOINT: s3.endpoint,
    S3_REGION: s3.region,
    S3_ACCESS_KEY: s3.accessKey,
    S3_SECRET_KEY: s3.secretKey,
    S3_BUCKET: s3.bucket,
    ...door,
    OPS_PORT: String(ports.ops[name]),
    PUBLIC_INGEST_URL: urls.ingest,
    PUBLIC_PLAYBACK_URL: urls.playback,
    HEADWATER_MASTER_KEY: secrets.masterKey,
    ...(name === 'packager' ? { ORIGIN_SIGNING_KEY: secrets.signingKey } : {}),
    ...(name === 'broadcast' ? bootstrap : {}),
    ...(name === 'playback' && certificate ? httpsDoor(ports, certificate) : {}),
    ...extra,
  };
}

/** @returns {Record<string, string>} */
const httpsDoor = (ports, { certFile, keyFile }) => ({
  HTTPS_PORT: String(ports.https),
  TLS_CERT_FILE: certFile,
  TLS_KEY_FILE: keyFile,
});

/**
 * Resolves when the service says that it is ready.
 * @param {ManagedProcess} managed
 * @param {number} opsPort
 * @param {() => string | undefined} [giveUp] ends the wait early with its reason
 */
export async function waitUntilServiceReady(managed, opsPort, giveUp) {
  const url = `http://127.0.0.1:${opsPort}/health/ready`;
  const isReady = async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(probeTimeoutMs) });
    const body = await response.text();
    if (response.status !== 200) throw new Error(`${url} answers ${response.status}: ${body.slice(0, 300)}`);
    return true;
  };
  try {
    await waitFor(isReady, { timeoutMs: readyTimeoutMs, intervalMs: 100, what: managed.name, giveUp });
  } catch (error) {
    throw new Error(`${error.message}\n${managed.spec.logFile}:\n${logTail(managed.spec.logFile)}`, { cause: error });
  }
}

/**
 * One service as a process of its own, not started yet.
 * @param {{ name: string, runDir: string, env: Record<string, string>, entry?: string }} options `entry` replaces the compiled service (tests)
 */
export function spawnService({ name, runDir, env, entry = servicePath(name) }) {
  if (!existsSync(entry)) throw new Error(`${name} is not built: ${entry} is missing`);
  return new ManagedProcess({
    name,
    command: process.execPath,
    args: [...(mediaPipes.has(name) ? pipeOptions : []), entry],
    env,
    cwd: projectRoot,
    logFile: join(runDir, 'log', `${name}.log`),
  });
}
