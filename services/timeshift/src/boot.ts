import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { PartitionLeases, natsTransport } from '#shared/messaging';
import { Metrics, OpsServer, type OriginLogger } from '#shared/observability';
import { PartitionWorkers } from './partition-workers.ts';
import { Readiness } from './ports.ts';
import { RetentionSweeper } from './retention-sweeper.ts';
import type { TimeshiftConfig } from './timeshift.config.ts';
import { TimeshiftModule } from './timeshift.module.ts';

/** A timeshift process at work. */
export interface RunningTimeshift {
  readonly opsPort: number;
  /** Drains: not ready, archives what it holds, gives its partitions back, closes. */
  close(): Promise<void>;
}

const QUEUE_GROUP = 'timeshift';

/** Starts the service: answers on the bus, takes partitions, sweeps. */
export async function startTimeshift(config: TimeshiftConfig, logger: OriginLogger): Promise<RunningTimeshift> {
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(TimeshiftModule.register(config, logger), {
    ...natsTransport(config, QUEUE_GROUP),
    logger,
  });
  const readiness = app.get(Readiness);
  const leases = app.get(PartitionLeases);
  const workers = app.get(PartitionWorkers);
  // Redis is no condition: it holds a copy of the index, the store answers without it.
  const ops = new OpsServer({
    metrics: app.get(Metrics),
    checks: [
      { name: 'bus', check: () => readiness.isBusConnected() },
      { name: 'store', check: () => readiness.isStoreReachable() },
    ],
  });
  const opsPort = await ops.listen(config.OPS_HOST, config.OPS_PORT);
  await app.listen();
  await leases.start();
  const stopSweeping = sweepRegularly(app.get(RetentionSweeper), config.SWEEP_INTERVAL_MS, logger);
  const close = async (): Promise<void> => {
    ops.drain();
    stopSweeping();
    await leases.stop();
    workers.close();
    await app.close();
    await ops.close();
  };
  return { opsPort, close };
}

/** One sweep at a time, however long it takes. */
function sweepRegularly(sweeper: RetentionSweeper, everyMs: number, logger: OriginLogger): () => void {
  let isSweeping = false;
  const timer = setInterval(() => {
    if (isSweeping) return;
    isSweeping = true;
    void sweeper
      .sweep(Date.now())
      .catch((error: unknown) => logger.warn('retention.round_failed', { reason: String(error) }))
      .finally(() => {
        isSweeping = false;
      });
  }, everyMs);
  return () => clearInterval(timer);
}
