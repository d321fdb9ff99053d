import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp, listen } from '#shared/http';
import { Bus } from '#shared/messaging';
import { Metrics, OpsServer, type OriginLogger } from '#shared/observability';
import type { IngestConfig } from './ingest.config.ts';
import { IngestModule } from './ingest.module.ts';
import { BusHealth } from './ports.ts';
import { Publications } from './publishing/publications.ts';

/** An ingest that listens. `close`: no new uploads, those on their way end after the chunk at hand, then the doors. */
export interface RunningIngest {
  readonly httpPort: number;
  readonly opsPort: number;
  /** What the server cuts by itself, ms; 0 is never. */
  readonly timeouts: { requestTimeoutMs: number; socketTimeoutMs: number };
  close(): Promise<void>;
}

/** Starts the ingest service; rejects when the bus is not there. */
export async function startIngest(config: IngestConfig, logger: OriginLogger): Promise<RunningIngest> {
  const { HTTP_HOST, HTTP_PORT, OPS_HOST, OPS_PORT } = config.values;
  const app = await createHttpApp(IngestModule.with(config, logger), {
    logger,
    bodyLimitBytes: Number.MAX_SAFE_INTEGER,
    streamBodies: true,
  });
  const ops = opsOf(app);
  try {
    const opsPort = await ops.listen(OPS_HOST, OPS_PORT);
    const httpPort = await listen(app, HTTP_HOST, HTTP_PORT);
    logger.log('ingest.listening', { host: HTTP_HOST, port: httpPort, opsPort });
    return { httpPort, opsPort, timeouts: timeoutsOf(app), close: () => close(app, ops) };
  } catch (error) {
    await close(app, ops);
    throw error;
  }
}

function timeoutsOf(app: NestFastifyApplication): RunningIngest['timeouts'] {
  const { requestTimeout, timeout } = app.getHttpServer();
  return { requestTimeoutMs: requestTimeout, socketTimeoutMs: timeout };
}

function opsOf(app: NestFastifyApplication): OpsServer {
  const bus = app.get(BusHealth);
  const checks = [
    { name: 'http', check: () => app.getHttpServer().listening },
    { name: 'bus', check: () => bus.isUp() },
  ];
  return new OpsServer({ checks, metrics: app.get(Metrics) });
}

async function close(app: NestFastifyApplication, ops: OpsServer): Promise<void> {
  ops.drain();
  await app.get(Publications).drain();
  const bus = app.get(Bus);
  await app.close();
  await bus.close();
  await ops.close();
}
