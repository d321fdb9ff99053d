import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ManagedProcess } from '../../launcher/lib/managed-process.mjs';
import { serviceNames } from '../../launcher/lib/service-names.mjs';
import {
  chooseServicePorts,
  publicUrls,
  serviceEnvironment,
  spawnService,
  waitUntilServiceReady,
} from '../../launcher/lib/services.mjs';
import { readSecrets } from '../../launcher/lib/secrets.mjs';
import { backendsFromEnvironment } from '#shared/testing';

export type ServiceName = 'ingest' | 'packager' | 'playback' | 'timeshift' | 'broadcast';

/** Five real services as five processes against the test servers. */
export interface Origin {
  readonly ingest: string;
  readonly playback: string;
  readonly broadcast: string;
  readonly orgId: string;
  readonly apiKey: string;
  readonly app: { readonly apiKey: string; readonly apiSecret: string };
  readonly runDir: string;
  /** Pid of a running service. */
  pidOf(name: ServiceName): number;
  /** Ends a service as a crash would; resolves when it is gone. */
  kill9(name: ServiceName): Promise<void>;
  /** Starts a killed service at the same ports; resolves when it is ready. */
  start(name: ServiceName): Promise<void>;
  stop(): Promise<void>;
}

/** Two runs on one machine begin their search for free ports apart from each other. */
const FIRST_PORT = 18_300 + (process.pid % 40) * 20;
/** A test's archive flushes in seconds, so that it need not wait a minute for it. */
const TEST_SETTINGS: Readonly<Record<string, string>> = { FLUSH_INTERVAL_MS: '3000' };

/** Starts an origin; `settings` go to every service's environment. */
export async function startOrigin(settings: Record<string, string> = {}): Promise<Origin> {
  const runDir = await mkdtemp(join(tmpdir(), 'headwater-e2e-'));
  const ports = await chooseServicePorts(FIRST_PORT, () => undefined);
  const secrets = await readSecrets(join(runDir, 'secrets.json'));
  const backends = backendsFromEnvironment();
  const servers = {
    nats: { url: backends.NATS_URL },
    redis: { url: backends.REDIS_URL },
    s3: {
      endpoint: backends.S3_ENDPOINT,
      accessKey: backends.S3_ACCESS_KEY,
      secretKey: backends.S3_SECRET_KEY,
      bucket: backends.S3_BUCKET,
      region: backends.S3_REGION,
    },
  };
  const processes = new Map<string, ManagedProcess>(
    serviceNames.map((name) => {
      const env = serviceEnvironment(name, { servers, ports, secrets, extra: { ...TEST_SETTINGS, ...settings } });
      return [name, spawnService({ name, runDir, env })];
    }),
  );
  const processOf = (name: ServiceName): ManagedProcess => processes.get(name)!;
  const start = async (name: ServiceName): Promise<void> => {
    await processOf(name).start();
    await waitUntilServiceReady(processOf(name), ports.ops[name]!, () =>
      processOf(name).running ? undefined : `${name} ended`,
    );
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...processes.values()].map((managed) => managed.stop()));
    if (process.env['KEEP_LOGS'] === undefined) await rm(runDir, { recursive: true, force: true });
  };
  try {
    await Promise.all((serviceNames as ServiceName[]).map(start));
  } catch (error) {
    await stop();
    throw error;
  }
  const urls = publicUrls(ports);
  return {
    ingest: urls['ingest']!,
    playback: urls['playback']!,
    broadcast: urls['broadcast']!,
    orgId: secrets.orgId,
    apiKey: secrets.apiKey,
    app: secrets.app,
    runDir,
    pidOf: (name) => processOf(name).pid ?? 0,
    kill9: (name) => processOf(name).kill('SIGKILL'),
    start,
    stop,
  };
}
