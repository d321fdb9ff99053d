import { Module, type DynamicModule } from '@nestjs/common';
import { leasesBucket } from '#shared/contracts';
import { RedisLiveWindow } from '#shared/live-window';
import { Bus, connectBus } from '#shared/messaging';
import { Metrics, type OriginLogger } from '#shared/observability';
import { connectRedis } from '#shared/redis';
import { NatsAnnouncements } from './adapters/nats-announcements.ts';
import { NatsJournal } from './adapters/nats-journal.ts';
import { NatsMediaSource } from './adapters/nats-media-source.ts';
import { NatsOriginKeys } from './adapters/nats-origin-keys.ts';
import { NatsPresentations } from './adapters/nats-presentations.ts';
import { ArchivedController } from './archived.controller.ts';
import { PackagerContext } from './packager-context.ts';
import { PackagerMetrics } from './packager-metrics.ts';
import type { PackagerEnvironment } from './packager.config.ts';
import { PackagerLeaseOptions, PackagerService } from './packager.service.ts';
import { publishedKey } from './published-key.ts';
import { Readiness } from './readiness.ts';
import { RedisDoor } from './redis-door.ts';

/** The wiring of the packager. */
@Module({})
export class PackagerModule {
  static register(config: PackagerEnvironment, logger: OriginLogger): DynamicModule {
    return {
      module: PackagerModule,
      controllers: [ArchivedController],
      providers: [
        { provide: Metrics, useFactory: () => new Metrics('packager') },
        { provide: Bus, useFactory: () => connectBus('packager', config) },
        {
          provide: RedisDoor,
          useFactory: () =>
            new RedisDoor(
              connectRedis(config.REDIS_URL, (error) => logger.warn('redis.unreachable', { error: error.message })),
            ),
        },
        {
          provide: PackagerContext,
          inject: [Bus, RedisDoor, Metrics],
          useFactory: async (bus: Bus, redis: RedisDoor, metrics: Metrics) =>
            new PackagerContext({
              journal: new NatsJournal(bus),
              media: new NatsMediaSource(bus),
              presentations: await NatsPresentations.open(bus, config.PART_TARGET_MS),
              announcements: new NatsAnnouncements(bus),
              window: new RedisLiveWindow(redis.connection),
              metrics: new PackagerMetrics(metrics),
              logger,
              windowKeepMs: config.WINDOW_KEEP_MS,
              signingKey: await publishedKey(config.ORIGIN_SIGNING_KEY, new NatsOriginKeys(bus)),
            }),
        },
        {
          provide: PackagerLeaseOptions,
          inject: [Bus],
          useFactory: async (bus: Bus) =>
            new PackagerLeaseOptions({
              table: await bus.table(leasesBucket),
              partitions: config.PARTITIONS,
              termMs: config.LEASE_MS,
            }),
        },
        {
          provide: PackagerService,
          inject: [PackagerContext, PackagerLeaseOptions],
          useFactory: (context: PackagerContext, leases: PackagerLeaseOptions) => new PackagerService(context, leases),
        },
        {
          provide: Readiness,
          inject: [Bus, RedisDoor, Metrics, PackagerService],
          useFactory: (...parts: ConstructorParameters<typeof Readiness>) => new Readiness(...parts),
        },
      ],
    };
  }
}
