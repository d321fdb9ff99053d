import { join } from 'node:path';
import { dockerAnswers } from './docker.mjs';
import { logTail } from './log-file.mjs';
import { ManagedProcess } from './managed-process.mjs';
import { waitFor } from './wait.mjs';

const readyTimeoutMs = 60_000;

/**
 * @typedef {{ runDir: string, dataDir: string, toolsDir?: string, bucket: string, ports: { nats: number, natsMonitor: number, redis: number, s3: number }, say: (text: string) => void }} ServerContext
 */
/**
 * @template C
 * @typedef {object} ServerKind
 * @property {'nats' | 'redis' | 's3'} name
 * @property {string} title what is needed, for messages
 * @property {string} variables the environment that names a server of the user's own
 * @property {(env: NodeJS.ProcessEnv) => C | undefined} fromEnvironment
 * @property {(context: ServerContext) => Promise<{ spec: object, connection: C }>} fromPath
 * @property {(context: ServerContext) => Promise<{ spec: object, connection: C }>} fromDocker
 * @property {(context: ServerContext) => Promise<{ spec: object, connection: C }>} fromPackages
 * @property {(connection: C) => Promise<string>} probe resolves with the version the server itself states; rejects when it is unsuitable
 */

/** No way led to a server. The message lists what was tried and what the user can do. */
export class ServerUnavailableError extends Error {
  name = 'ServerUnavailableError';

  /** @param {{ title: string, variables: string }} kind @param {string[]} reasons */
  constructor(kind, reasons) {
    const tried = reasons.map((reason) => `  - ${reason.replaceAll('\n', '\n    ')}`).join('\n');
    super(
      `${kind.title} is needed and none could be had:\n${tried}\n` +
        `Set ${kind.variables} to one of your own, or run "docker compose up" where Docker is installed.`,
    );
  }
}

/** A server that is up, with what is needed to end it and to start it again at the same address. @template C */
export class RunningServer {
  /** @param {ServerKind<C>} kind @param {{ connection: C, version: string, source: string, process?: ManagedProcess }} facts */
  constructor(kind, { connection, version, source, process }) {
    this.kind = kind;
    this.connection = connection;
    this.version = version;
    this.source = source;
    this.process = process;
  }

  get pid() {
    return this.process?.pid;
  }

  /** Ends it as a crash would. @param {NodeJS.Signals} [signal] */
  async kill(signal) {
    await this.#own().kill(signal);
  }

  /** Starts it again with its data and resolves when it answers. */
  async start() {
    await this.#own().start();
    await waitUntilReady(this.kind, this.connection, this.#own());
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  /** A server named by the environment is left alone. */
  async stop() {
    await this.process?.stop();
  }

  #own() {
    if (!this.process)
      throw new Error(
        `${this.kind.name} comes from the environment (${this.kind.variables}): it is not ours to stop or start`,
      );
    return this.process;
  }
}

async function waitUntilReady(kind, connection, process) {
  const giveUp = () => (process.running ? undefined : `it ended at once\n${logTail(process.spec.logFile)}`);
  return waitFor(() => kind.probe(connection), { timeoutMs: readyTimeoutMs, what: kind.name, giveUp });
}

async function fromEnvironment(kind) {
  const connection = kind.fromEnvironment(process.env);
  if (!connection) return undefined;
  try {
    return new RunningServer(kind, { connection, version: await kind.probe(connection), source: 'environment' });
  } catch (error) {
    throw new ServerUnavailableError(kind, [`the server of ${kind.variables} cannot be used: ${error.message}`]);
  }
}

const sources = [
  { source: 'PATH', make: (kind, context) => kind.fromPath(context) },
  {
    source: 'Docker',
    async make(kind, context) {
      if (!(await dockerAnswers())) throw new Error('no Docker engine answers');
      return kind.fromDocker(context);
    },
  },
  { source: 'Debian packages', make: (kind, context) => kind.fromPackages(context) },
];

async function startFrom({ source, make }, kind, { context, onProcess }) {
  const { spec, connection } = await make(kind, context);
  const managed = new ManagedProcess({
    name: kind.name,
    logFile: join(context.runDir, 'log', `${kind.name}.log`),
    ...spec,
  });
  onProcess(managed);
  context.say(`starting it (${source})`);
  try {
    await managed.start();
    const version = await waitUntilReady(kind, connection, managed);
    return new RunningServer(kind, { connection, version, source, process: managed });
  } catch (error) {
    await managed.stop();
    throw error;
  }
}

/**
 * Environment → PATH → Docker → Debian packages without root → ServerUnavailableError.
 * @template C
 * @param {ServerKind<C>} kind
 * @param {{ context: ServerContext, onProcess?: (process: ManagedProcess) => void }} options `onProcess` sees each process before it starts
 * @returns {Promise<RunningServer<C>>}
 */
export async function bringUpServer(kind, { context, onProcess = () => {} }) {
  const given = await fromEnvironment(kind);
  if (given) return given;
  const reasons = [];
  for (const entry of sources) {
    try {
      return await startFrom(entry, kind, { context, onProcess });
    } catch (error) {
      reasons.push(`${entry.source}: ${error.message}`);
    }
  }
  throw new ServerUnavailableError(kind, reasons);
}
