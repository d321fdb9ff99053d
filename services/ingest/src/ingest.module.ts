import { ConsoleLogger, Module, type DynamicModule } from '@nestjs/common';
import { Bus, connectBus } from '#shared/messaging';
import { Metrics, type OriginLogger } from '#shared/observability';
import { NatsBusHealth } from './adapters/nats-bus-health.ts';
import { NatsInitSegments } from './adapters/nats-init-segments.ts';
import { NatsInputDirectory } from './adapters/nats-input-directory.ts';
import { NatsInputEvents } from './adapters/nats-input-events.ts';
import { NatsMediaLog } from './adapters/nats-media-log.ts';
import { NatsPublisherStates } from './adapters/nats-publisher-states.ts';
import { NatsTrackOwnership } from './adapters/nats-track-ownership.ts';
import { IngestConfig } from './ingest.config.ts';
import { IngestController } from './ingest.controller.ts';
import { IngestService } from './ingest.service.ts';
import {
  BusHealth,
  InitSegments,
  InputDirectory,
  InputEvents,
  MediaLog,
  PublisherStates,
  TrackOwnership,
} from './ports.ts';
import { FeedRegistry } from './publishing/feed-registry.ts';
import { IngestMetrics } from './publishing/ingest-metrics.ts';
import { InputBus, PublishingDeps } from './publishing/publishing-deps.ts';
import { LiveUploads } from './publishing/live-uploads.ts';
import { Notices } from './publishing/notices.ts';
import { Ownership } from './publishing/ownership.ts';
import { Publications } from './publishing/publications.ts';
import { PublishAccess } from './publishing/publish-access.ts';
import { Publishers } from './publishing/publishers.ts';

/** The wiring of the ingest service. */
@Module({})
export class IngestModule {
  static with(config: IngestConfig, logger: OriginLogger): DynamicModule {
    return {
      module: IngestModule,
      controllers: [IngestController],
      providers: [
        { provide: IngestConfig, useValue: config },
        { provide: ConsoleLogger, useValue: logger },
        { provide: Metrics, useFactory: () => new Metrics('ingest') },
        { provide: Bus, useFactory: () => connectBus('ingest', config.values) },
        { provide: BusHealth, inject: [Bus], useFactory: (bus: Bus) => new NatsBusHealth(bus) },
        { provide: InputDirectory, inject: [Bus], useFactory: (bus: Bus) => NatsInputDirectory.open(bus) },
        { provide: PublisherStates, inject: [Bus], useFactory: (bus: Bus) => NatsPublisherStates.open(bus, config) },
        {
          provide: TrackOwnership,
          inject: [Bus],
          useFactory: (bus: Bus) => NatsTrackOwnership.open(bus, config, logger),
        },
        { provide: InitSegments, inject: [Bus], useFactory: (bus: Bus) => NatsInitSegments.open(bus, config) },
        { provide: MediaLog, inject: [Bus], useFactory: (bus: Bus) => new NatsMediaLog(bus, config) },
        { provide: InputEvents, inject: [Bus], useFactory: (bus: Bus) => new NatsInputEvents(bus, logger) },
        IngestMetrics,
        Notices,
        InputBus,
        PublishingDeps,
        FeedRegistry,
        LiveUploads,
        Ownership,
        Publishers,
        Publications,
        PublishAccess,
        IngestService,
      ],
    };
  }
}
