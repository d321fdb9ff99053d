import { Inject, Injectable } from '@nestjs/common';
import { IngestConfig } from '../ingest.config.ts';
import { InitSegments, MediaLog, PublisherStates } from '../ports.ts';
import { IngestMetrics } from './ingest-metrics.ts';
import { Notices } from './notices.ts';

/** What an input has on the bus. */
@Injectable()
export class InputBus {
  constructor(
    @Inject(MediaLog) readonly media: MediaLog,
    @Inject(PublisherStates) readonly states: PublisherStates,
    @Inject(InitSegments) readonly inits: InitSegments,
  ) {}
}

/** What the publishing of an input needs of the service: the bus, a voice, and the settings. */
@Injectable()
export class PublishingDeps {
  constructor(
    @Inject(InputBus) readonly bus: InputBus,
    @Inject(Notices) readonly notices: Notices,
    @Inject(IngestMetrics) readonly metrics: IngestMetrics,
    @Inject(IngestConfig) readonly config: IngestConfig,
  ) {}

  /** Wall clock, ms since 1970. */
  nowMs(): number {
    return Date.now();
  }
}
