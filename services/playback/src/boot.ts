import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { addHttpsDoor, CertificateFiles, createHttpApp, listen } from '#shared/http';
import { Metrics, OpsServer, type OriginLogger } from '#shared/observability';
import { SelfAudit } from './audit/self-audit.ts';
import { CmcdSessions } from './cmcd/cmcd-sessions.store.ts';
import { takeHotRequest } from './fast-path.ts';
import type { PlaybackConfig } from './playback.config.ts';
import { PlaybackModule } from './playback.module.ts';
import { PlaybackService } from './playback.service.ts';
import { Readiness } from './ports.ts';

/** A playback process with its doors open. */
export interface RunningPlayback {
  readonly httpPort: number;
  /** Over TLS; undefined where the configuration has no such door. */
  readonly httpsPort: number | undefined;
  readonly opsPort: number;
  /** Drains: not ready, then no new requests, then the connections. */
  close(): Promise<void>;
}

const BODY_LIMIT_BYTES = 1024;
const SESSIONS_SHOWN = 1000;
const EVERY_ADDRESS = new Set(['0.0.0.0', '::']);

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
    pages: { '/sessions': () => app.get(CmcdSessions).recent(SESSIONS_SHOWN) },
  });
  const openHttps = httpsOf(app, config, logger);
  const { HTTP_HOST, HTTP_PORT, OPS_HOST, OPS_PORT } = config.values;
  const httpPort = await listen(app, HTTP_HOST, HTTP_PORT);
  const httpsPort = await openHttps?.();
  const opsPort = await ops.listen(OPS_HOST, OPS_PORT);
  const audit = app.get(SelfAudit);
  audit.start(`http://${EVERY_ADDRESS.has(HTTP_HOST) ? '127.0.0.1' : HTTP_HOST}:${httpPort}`);
  const close = async (): Promise<void> => {
    ops.drain();
    await audit.stop();
    await app.close();
    await ops.close();
  };
  return { httpPort, httpsPort, opsPort, close };
}

/** Adds the door over TLS where there is to be one; what comes back opens it. */
function httpsOf(
  app: NestFastifyApplication,
  { values }: PlaybackConfig,
  logger: OriginLogger,
): (() => Promise<number>) | undefined {
  const { HTTP_HOST, HTTPS_PORT, TLS_CERT_FILE: certFile = '', TLS_KEY_FILE: keyFile = '' } = values;
  if (HTTPS_PORT === undefined) return undefined;
  const door = addHttpsDoor(app, { certificate: new CertificateFiles({ certFile, keyFile }), logger });
  const expires = app
    .get(Metrics)
    .gauge('playback_tls_certificate_expires_seconds', 'When the certificate in use ends, seconds since 1970');
  Object.assign(expires, { collect: () => expires.set(door.expiresEpochMs / 1000) });
  return () => door.listen(HTTP_HOST, HTTPS_PORT);
}
