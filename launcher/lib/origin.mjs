import { join } from 'node:path';
import { demoInput, demoProcess, findDemoEncoder } from './demo.mjs';
import { developmentCertificate } from './development-certificate.mjs';
import { readSecrets } from './secrets.mjs';
import { bringUpServers } from './servers.mjs';
import { serviceNames } from './service-names.mjs';
import {
  chooseServicePorts,
  publicUrls,
  serviceEnvironment,
  spawnService,
  waitUntilServiceReady,
} from './services.mjs';
import { supervise } from './supervisor.mjs';

const firstServerOffset = 20;
const graceMs = 10_000;

/**
 * A whole origin: servers, five services, demo encoder, each supervised. Ends in the order demo, services, servers.
 * `onProcess` sees each process before it starts.
 */
export class Origin {
  #demo = [];
  #services = [];
  #servers = [];
  #stopping = false;
  #processes = new Map();

  /** @param {{ runDir: string, progress: import('./progress.mjs').Progress, onProcess?: (process: import('./managed-process.mjs').ManagedProcess) => void }} options */
  constructor({ runDir, progress, onProcess = () => {} }) {
    this.runDir = runDir;
    this.progress = progress;
    this.onProcess = onProcess;
  }

  /** Brings everything up. @param {{ port: number, dataDir?: string, demo: boolean }} options @returns {Promise<object>} the endpoints */
  async start({ port, dataDir, demo }) {
    const { runDir, progress } = this;
    const secrets = await readSecrets(join(runDir, 'secrets.json'));
    const ports = await chooseServicePorts(port, (text) => progress.line(text));
    const onProcess = (managed) => this.#add(this.#servers, managed);
    const servers = await bringUpServers({ runDir, basePort: port + firstServerOffset, dataDir, progress, onProcess });
    // Only now: while a way to a server is tried, its failure leads to the next way, not to a restart.
    for (const entry of this.#servers) if (entry.managed.running) this.#supervise(entry);
    const certificate = await this.#certificate();
    await this.#startServices({ servers, ports, secrets, certificate });
    const input = demo ? await this.#startDemo(publicUrls(ports), secrets) : undefined;
    return endpoints({ servers, ports, secrets, certificate, input, processes: this.#processes });
  }

  /** Ends what was started, and waits for it. Safe at any moment, also during `start`. */
  async stop() {
    this.#stopping = true;
    for (const group of [this.#demo, this.#services, this.#servers]) {
      await Promise.all(group.map(({ managed, supervision = managed }) => supervision.stop({ graceMs })));
    }
  }

  #add(group, managed) {
    if (this.#stopping) throw new Error('the origin is stopping');
    this.onProcess(managed);
    this.#processes.set(managed.name, managed);
    const entry = { managed };
    group.push(entry);
    return entry;
  }

  #supervise(entry) {
    entry.supervision = supervise(entry.managed, { progress: this.progress });
  }

  async #startSupervised(group, managed) {
    const entry = this.#add(group, managed);
    this.#supervise(entry);
    await managed.start();
  }

  async #startServices(facts) {
    await Promise.all(
      serviceNames.map(async (name) => {
        const step = this.progress.step(name);
        const managed = spawnService({ name, runDir: this.runDir, env: serviceEnvironment(name, facts) });
        await this.#startSupervised(this.#services, managed);
        await waitUntilServiceReady(managed, facts.ports.ops[name], () => (this.#stopping ? 'interrupted' : undefined));
        step.done(`ready, pid ${managed.pid}`);
      }),
    );
  }

  /** The origin is of use without TLS: that there is none is said, not thrown. */
  async #certificate() {
    try {
      return await developmentCertificate(join(this.runDir, 'tls'));
    } catch (error) {
      this.progress.line(`no TLS: a development certificate cannot be made: ${error.message}`);
      return undefined;
    }
  }

  /** The origin is of use without the demo: its failure is said, not thrown. */
  async #startDemo(urls, secrets) {
    const step = this.progress.step('demo');
    try {
      const ffmpeg = await findDemoEncoder(step);
      if (!ffmpeg) return undefined;
      const api = { broadcastUrl: urls.broadcast, apiKey: secrets.apiKey };
      const input = await demoInput({ path: join(this.runDir, 'demo.json'), api, orgId: secrets.orgId });
      const managed = await demoProcess({ runDir: this.runDir, ingestUrl: urls.ingest, input, ffmpeg });
      await this.#startSupervised(this.#demo, managed);
      step.done(`encoder runs, pid ${managed.pid}`);
      return input;
    } catch (error) {
      step.fail(`no demo: ${error.message}`);
      return undefined;
    }
  }
}

function endpoints({ servers, ports, secrets, certificate, input, processes }) {
  const { nats, redis, s3 } = servers;
  const { endpoint, bucket, accessKey, secretKey, region } = s3;
  const pids = Object.fromEntries([...processes].map(([name, managed]) => [name, managed.pid]));
  return {
    ...publicUrls(ports),
    playbackTls: certificate ? `https://127.0.0.1:${ports.https}` : null,
    orgId: secrets.orgId,
    apiKey: secrets.apiKey,
    app: secrets.app,
    nats: nats.url,
    redis: redis.url,
    s3: { endpoint, bucket, accessKey, secretKey, region },
    ops: Object.fromEntries(Object.entries(ports.ops).map(([name, opsPort]) => [name, `http://127.0.0.1:${opsPort}`])),
    demo: input ? { id: input.id, inputId: input.inputId, streamKey: input.streamKey } : null,
    pids,
  };
}
