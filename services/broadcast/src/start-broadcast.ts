import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp, listen } from '#shared/http';
import { Bus } from '#shared/messaging';
import { Metrics, OpsServer, type OriginLogger } from '#shared/observability';
import { ApiErrorFilter } from './api-error.filter.ts';
import type { BroadcastConfig } from './broadcast.config.ts';
import { BroadcastModule } from './broadcast.module.ts';
import { BackgroundWork } from './ports.ts';

const BODY_LIMIT_BYTES = 262_144;

/** A broadcast service that listens. `close`: no new requests, then no new deliveries, then the doors. */
export interface RunningBroadcast {
  readonly httpPort: number;
  readonly opsPort: number;
  close(): Promise<void>;
}

/** Starts the broadcast service; rejects when the bus is not there. */
export async function startBroadcast(config: BroadcastConfig, logger: OriginLogger): Promise<RunningBroadcast> {
  const { HTTP_HOST, HTTP_PORT, OPS_HOST, OPS_PORT } = config.values;
  const app = await createHttpApp(BroadcastModule.with(config, logger), { logger, bodyLimitBytes: BODY_LIMIT_BYTES });
  // Handlers read bodies themselves: an empty one is good under any content type, a bad one has its API's own error.
  app.getHttpAdapter().getInstance().removeAllContentTypeParsers();
  app.useBodyParser('*', { bodyLimit: BODY_LIMIT_BYTES }, (_request, body, done) => done(null, body));
  app.useGlobalFilters(new ApiErrorFilter(logger));
  const ops = opsOf(app);
  const opsPort = await ops.listen(OPS_HOST, OPS_PORT);
  await app.get(BackgroundWork).start();
  const httpPort = await listen(app, HTTP_HOST, HTTP_PORT);
  logger.log('broadcast.listening', { host: HTTP_HOST, port: httpPort, opsPort });
  return { httpPort, opsPort, close: () => close(app, ops) };
}

function opsOf(app: NestFastifyApplication): OpsServer {
  const bus = app.get(Bus);
  const checks = [
    { name: 'http', check: () => app.getHttpServer().listening },
    { name: 'bus', check: async () => (await bus.manager.getAccountInfo()).streams > 0 },
  ];
  return new OpsServer({ checks, metrics: app.get(Metrics) });
}

async function close(app: NestFastifyApplication, ops: OpsServer): Promise<void> {
  ops.drain();
  const [bus, work] = [app.get(Bus), app.get(BackgroundWork)];
  app.getHttpServer().closeIdleConnections();
  await work.stop();
  await app.close();
  await bus.close();
  await ops.close();
}
