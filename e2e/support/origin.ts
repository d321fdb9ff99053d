import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNames } from '../../launcher/lib/service-names.mjs';
import { chooseServicePorts, publicUrls, type ServicePorts } from '../../launcher/lib/services.mjs';
import { readSecrets } from '../../launcher/lib/secrets.mjs';
import { backendsFromEnvironment, type TcpGate } from '#shared/testing';
import { Replica, type BackendName } from './replica.ts';

export type ServiceName = 'ingest' | 'packager' | 'playback' | 'timeshift' | 'broadcast';
/** A service with a door of its own. */
export type DoorName = 'ingest' | 'playback' | 'broadcast';

/** Real services as processes of their own against the test servers. Where a replica is not named, the first is meant. */
export interface Origin {
  readonly ingest: string;
  readonly playback: string;
  readonly broadcast: string;
  /** Base URL of each replica of a service. */
  readonly doors: Readonly<Record<DoorName, readonly string[]>>;
  readonly orgId: string;
  readonly apiKey: string;
  readonly app: { readonly apiKey: string; readonly apiSecret: string };
  readonly runDir: string;
  /** The processes of a service. */
  replicas(name: ServiceName): readonly Replica[];
  /** A replica's way to a backend; the origin must have been started with `gated`. */
  gate(name: ServiceName, backend: BackendName, replica?: number): TcpGate;
  /** Pid of a running service. */
  pidOf(name: ServiceName, replica?: number): number;
  /** Ends a service as a crash would; resolves when it is gone. */
  kill9(name: ServiceName, replica?: number): Promise<void>;
  /** Ends a service as a redeploy would; resolves when it is gone. */
  end(name: ServiceName, replica?: number): Promise<void>;
  /** SIGSTOP: alive, and does nothing. */
  suspend(name: ServiceName, replica?: number): void;
  /** SIGCONT. */
  resume(name: ServiceName, replica?: number): void;
  /** Starts a service that ended at the same ports; resolves when it is ready. */
  start(name: ServiceName, replica?: number): Promise<void>;
  stop(): Promise<void>;
}

/** What an origin may differ in from one process of each service, straight to the servers of the environment. */
export interface OriginOptions {
  readonly replicas?: Readonly<Partial<Record<ServiceName, number>>>;
  /** Each process has its own ways to NATS, Redis and S3, which a test can shut and silence. */
  readonly gated?: boolean;
  /** Servers that the test may end and start again. */
  readonly servers?: { readonly natsUrl: string; readonly redisUrl: string };
}

/** Two of every service. */
export const TWO_OF_EACH = { ingest: 2, packager: 2, playback: 2, timeshift: 2, broadcast: 2 } as const;

/** Two runs on one machine begin their search for free ports apart from each other. */
const FIRST_PORT = 18_300 + (process.pid % 40) * 20;
/** Ports of one more process of each service lie this much higher. */
const REPLICA_STEP = 1000;
/** A test's archive flushes in seconds, so that it need not wait a minute for it. */
const TEST_SETTINGS: Readonly<Record<string, string>> = { FLUSH_INTERVAL_MS: '3000' };

/** Starts an origin; `settings` go to every service's environment. */
export async function startOrigin(settings: Record<string, string> = {}, options: OriginOptions = {}): Promise<Origin> {
  const runDir = await mkdtemp(join(tmpdir(), 'headwater-e2e-'));
  const secrets = await readSecrets(join(runDir, 'secrets.json'));
  const ports = await portsOf(options);
  const extra = { ...TEST_SETTINGS, ...settings, ...publicAddresses(ports[0]!) };
  const services = new Map<ServiceName, Replica[]>();
  for (const name of serviceNames as ServiceName[]) {
    const made = ports.slice(0, options.replicas?.[name] ?? 1).map((own, index) => {
      const facts = { servers: serversOf(options), ports: own, secrets, extra };
      return Replica.make(name, { index, runDir, facts, gated: options.gated ?? false });
    });
    services.set(name, await Promise.all(made));
  }
  const all = [...services.values()].flat();
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((replica) => replica.dispose()));
    if (process.env['KEEP_LOGS'] === undefined) await rm(runDir, { recursive: true, force: true });
  };
  try {
    await Promise.all(all.map((replica) => replica.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  const doors = doorsOf(ports, services);
  return {
    ingest: doors.ingest[0]!,
    playback: doors.playback[0]!,
    broadcast: doors.broadcast[0]!,
    doors,
    orgId: secrets.orgId,
    apiKey: secrets.apiKey,
    app: secrets.app,
    runDir,
    stop,
    ...controlsOf(services),
  };
}

function controlsOf(services: ReadonlyMap<ServiceName, readonly Replica[]>) {
  const replica = (name: ServiceName, index = 0): Replica => {
    const found = services.get(name)?.[index];
    if (found === undefined) throw new Error(`expected a replica ${index} of ${name}, got none`);
    return found;
  };
  return {
    replicas: (name: ServiceName) => services.get(name)!,
    gate: (name: ServiceName, backend: BackendName, index?: number) => replica(name, index).gate(backend),
    pidOf: (name: ServiceName, index?: number) => replica(name, index).pid,
    kill9: (name: ServiceName, index?: number) => replica(name, index).kill9(),
    end: (name: ServiceName, index?: number) => replica(name, index).end(),
    suspend: (name: ServiceName, index?: number) => replica(name, index).suspend(),
    resume: (name: ServiceName, index?: number) => replica(name, index).resume(),
    start: (name: ServiceName, index?: number) => replica(name, index).start(),
  };
}

/** Ports of the first process of each service, of the second, and so on. */
async function portsOf({ replicas = {} }: OriginOptions): Promise<ServicePorts[]> {
  const ports: ServicePorts[] = [];
  for (let index = 0; index < Math.max(1, ...Object.values(replicas)); index += 1)
    ports.push(await chooseServicePorts(FIRST_PORT + index * REPLICA_STEP, () => undefined));
  return ports;
}

/** What the public addresses of the services are is the same for all of their processes. */
function publicAddresses(ports: ServicePorts): Record<string, string> {
  const urls = publicUrls(ports);
  return { PUBLIC_INGEST_URL: urls['ingest']!, PUBLIC_PLAYBACK_URL: urls['playback']! };
}

function doorsOf(
  ports: readonly ServicePorts[],
  services: ReadonlyMap<ServiceName, readonly Replica[]>,
): Record<DoorName, string[]> {
  const urls = (name: DoorName): string[] =>
    ports.slice(0, services.get(name)!.length).map((own) => publicUrls(own)[name]!);
  return { ingest: urls('ingest'), playback: urls('playback'), broadcast: urls('broadcast') };
}

function serversOf({ servers }: OriginOptions) {
  const backends = backendsFromEnvironment();
  return {
    nats: { url: servers?.natsUrl ?? backends.NATS_URL },
    redis: { url: servers?.redisUrl ?? backends.REDIS_URL },
    s3: {
      endpoint: backends.S3_ENDPOINT,
      accessKey: backends.S3_ACCESS_KEY,
      secretKey: backends.S3_SECRET_KEY,
      bucket: backends.S3_BUCKET,
      region: backends.S3_REGION,
    },
  };
}
