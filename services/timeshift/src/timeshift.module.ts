import { randomBytes } from 'node:crypto';
import { ConsoleLogger, Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { partitionOf } from '#shared/contracts';
import { PartitionLeases } from '#shared/messaging';
import { Metrics, type OriginLogger } from '#shared/observability';
import { TimelineIndex } from '#shared/timeline-index';
import { Backends } from './adapters/backends.ts';
import { ArchiveMetrics } from './archive-metrics.ts';
import { BusErrorFilter } from './bus-error.filter.ts';
import { PartitionWorkers } from './partition-workers.ts';
import { Readiness, RetentionRules } from './ports.ts';
import { RetentionSweeper } from './retention-sweeper.ts';
import type { TimeshiftConfig } from './timeshift.config.ts';
import { TimeshiftController } from './timeshift.controller.ts';
import { TimeshiftService } from './timeshift.service.ts';

/** The wiring of timeshift. */
@Module({ controllers: [TimeshiftController] })
export class TimeshiftModule {
  static register(config: TimeshiftConfig, logger: OriginLogger): DynamicModule {
    const { indexOf, serviceOf, workersOf, leasesOf, sweeperOf } = factories(config, logger);
    return {
      module: TimeshiftModule,
      providers: [
        { provide: ConsoleLogger, useValue: logger },
        { provide: APP_FILTER, useFactory: () => new BusErrorFilter(logger) },
        { provide: Metrics, useFactory: () => new Metrics('timeshift') },
        { provide: ArchiveMetrics, inject: [Metrics], useFactory: (metrics: Metrics) => new ArchiveMetrics(metrics) },
        { provide: Backends, useFactory: () => Backends.connect(config, logger) },
        { provide: Readiness, useExisting: Backends },
        { provide: RetentionRules, inject: [Backends], useFactory: ({ rules }: Backends) => rules },
        { provide: TimelineIndex, inject: [Backends], useFactory: indexOf },
        { provide: TimeshiftService, inject: [Backends, TimelineIndex, ArchiveMetrics], useFactory: serviceOf },
        {
          provide: PartitionWorkers,
          inject: [Backends, TimelineIndex, TimeshiftService, ArchiveMetrics],
          useFactory: workersOf,
        },
        { provide: PartitionLeases, inject: [Backends, PartitionWorkers], useFactory: leasesOf },
        {
          provide: RetentionSweeper,
          inject: [Backends, TimelineIndex, PartitionWorkers, ArchiveMetrics],
          useFactory: sweeperOf,
        },
      ],
    };
  }
}

const factories = (config: TimeshiftConfig, logger: OriginLogger) => ({
  indexOf: ({ store, redis }: Backends) =>
    new TimelineIndex({
      store,
      redis,
      onHotError: (error) => logger.warn('index.hot_copy_failed', { reason: String(error) }),
    }),

  serviceOf: ({ store, media, facts }: Backends, index: TimelineIndex, metrics: ArchiveMetrics) =>
    new TimeshiftService({ store, index, media, facts, metrics, logger }),

  workersOf: ({ journal }: Backends, index: TimelineIndex, service: TimeshiftService, metrics: ArchiveMetrics) =>
    new PartitionWorkers({
      journal,
      index,
      service,
      metrics,
      logger,
      nowMs: Date.now,
      limits: { flushIntervalMs: config.FLUSH_INTERVAL_MS, maxBytes: config.ARCHIVE_OBJECT_MAX_BYTES },
    }),

  leasesOf: ({ leases }: Backends, workers: PartitionWorkers) =>
    new PartitionLeases({
      table: leases,
      role: 'timeshift',
      holder: `timeshift-${randomBytes(6).toString('hex')}`,
      partitions: config.PARTITIONS,
      termMs: config.LEASE_MS,
      work: workers,
      onError: (error) => logger.warn('lease.round_failed', { reason: String(error) }),
    }),

  sweeperOf: ({ store, rules }: Backends, index: TimelineIndex, workers: PartitionWorkers, metrics: ArchiveMetrics) =>
    new RetentionSweeper({
      store,
      rules,
      index,
      metrics,
      logger,
      graceMs: config.RETENTION_GRACE_MS,
      isOurs: (inputId) => workers.holds(partitionOf(inputId, config.PARTITIONS)),
    }),
});
