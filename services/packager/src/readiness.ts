import type { OnApplicationShutdown } from '@nestjs/common';
import type { Bus } from '#shared/messaging';
import { OpsServer, type Metrics } from '#shared/observability';
import type { PackagerService } from './packager.service.ts';
import type { RedisDoor } from './redis-door.ts';

/** The health and metrics door, and the end of the connections once the service has drained. */
export class Readiness implements OnApplicationShutdown {
  readonly #ops: OpsServer;
  readonly #bus: Bus;
  readonly #redis: RedisDoor;

  constructor(bus: Bus, redis: RedisDoor, metrics: Metrics, packager: PackagerService) {
    this.#bus = bus;
    this.#redis = redis;
    this.#ops = new OpsServer({
      metrics,
      checks: [
        { name: 'bus', check: () => bus.isConnected() },
        { name: 'redis', check: () => redis.isReachable() },
        { name: 'leases', check: () => packager.isReady() },
      ],
    });
  }

  /** Resolves with the port. */
  listen(host: string, port: number): Promise<number> {
    return this.#ops.listen(host, port);
  }

  /** From now on not ready. */
  drain(): void {
    this.#ops.drain();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#bus.close();
    this.#redis.close();
    await this.#ops.close();
  }
}
