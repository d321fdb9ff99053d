import type { OriginLogger } from '../observability/index.ts';

/** A started service: `close` drains it (stop intake, finish, close). */
export interface RunningService {
  close(): Promise<void>;
}

const DRAIN_LIMIT_MS = 9000;

/** Boots a service and drains it on SIGTERM or SIGINT; a failed boot ends the process with 1 and one log line. */
export async function runService(logger: OriginLogger, boot: () => Promise<RunningService>): Promise<void> {
  let running: RunningService | undefined;
  let draining = false;
  const drain = (signal: string): void => {
    if (draining) return;
    draining = true;
    logger.log('service.draining', { signal });
    setTimeout(() => process.exit(1), DRAIN_LIMIT_MS).unref();
    void (running?.close() ?? Promise.resolve())
      .catch((error: unknown) => logger.error('service.drain_failed', String(error)))
      .finally(() => process.exit(0));
  };
  process.once('SIGTERM', drain);
  process.once('SIGINT', drain);
  process.on('unhandledRejection', (error) =>
    logger.error('service.unhandled_rejection', error instanceof Error ? error.stack : String(error)),
  );
  try {
    running = await boot();
    logger.log('service.ready');
  } catch (error) {
    logger.error('service.boot_failed', error instanceof Error ? error.stack : String(error));
    process.exit(1);
  }
}
