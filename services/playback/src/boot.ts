import { createHttpApp, listen } from '#shared/http';
import { Metrics, OpsServer, type OriginLogger } from '#shared/observability';
import { takeHotRequest } from './fast-path.ts';
import type { PlaybackConfig } from './playback.config.ts';
import { PlaybackModule } from './playback.module.ts';
import { PlaybackService } from './playback.service.ts';
import { Readiness } from './ports.ts';

/** A playback process with its doors open. */
export interface RunningPlayback {
  readonly httpPort: number;
  readonly opsPort: number;
  /** Drains: not ready, then no new requests, then the connections. */
  close(): Promise<void>;
}

const BODY_LIMIT_BYTES = 1024;

/** Starts the service; `fastPath` false sends every request through the router. */
export async function startPlayback(
  config: PlaybackConfig,
  logger: OriginLogger,
  { fastPath = true }: { fastPath?: boolean } = {},
): Promise<RunningPlayback> {
  let service: PlaybackService | undefined;
  const app = await createHttpApp(PlaybackModule.register(config, logger), {
    logger,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    ...(fastPath
      ? { fastPath: (request, response) => service !== undefined && takeHotRequest(service, request, response) }
      : {}),
  });
  service = app.get(PlaybackService);
  const readiness = app.get(Readiness);
  const ops = new OpsServer({
    metrics: app.get(Metrics),
    checks: [
      { name: 'bus', check: () => readiness.isOnBus() },
      { name: 'redis', check: () => readiness.redisWasReached() },
    ],
  });
  const { HTTP_HOST, HTTP_PORT, OPS_HOST, OPS_PORT } = config.values;
  const httpPort = await listen(app, HTTP_HOST, HTTP_PORT);
  const opsPort = await ops.listen(OPS_HOST, OPS_PORT);
  const close = async (): Promise<void> => {
    ops.drain();
    await app.close();
    await ops.close();
  };
  return { httpPort, opsPort, close };
}
