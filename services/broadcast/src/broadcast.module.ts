import { ConsoleLogger, Module, type DynamicModule } from '@nestjs/common';
import { Bus, connectBus } from '#shared/messaging';
import { Metrics, type OriginLogger } from '#shared/observability';
import { ConfiguredTenant } from './adapters/configured-tenant.ts';
import { Deliverer, DeliveryTools } from './adapters/deliverer.ts';
import { GuardedDestinations } from './adapters/destination-guard.ts';
import { HttpWebhookSender } from './adapters/http-webhook-sender.ts';
import { KvApiKeys } from './adapters/kv-api-keys.ts';
import { KvApps } from './adapters/kv-apps.ts';
import { KvCallProjections } from './adapters/kv-call-projections.ts';
import { KvLiveInputs } from './adapters/kv-live-inputs.ts';
import { BackgroundSteps, NatsBackgroundWork } from './adapters/nats-background-work.ts';
import { NatsCallLog } from './adapters/nats-call-log.ts';
import { NatsInputProblems } from './adapters/nats-input-problems.ts';
import { NatsMediaFacts } from './adapters/nats-media-facts.ts';
import { FeederRows, OutboxFeeder } from './adapters/outbox-feeder.ts';
import { Outbox } from './adapters/outbox.ts';
import { SystemChance } from './adapters/system-chance.ts';
import { AppController } from './app.controller.ts';
import { BroadcastMetrics } from './broadcast-metrics.ts';
import { BroadcastConfig } from './broadcast.config.ts';
import { BroadcastService } from './broadcast.service.ts';
import { CallAuthGuard } from './call-auth.guard.ts';
import { CallWriter } from './call-writer.ts';
import { CallController } from './call.controller.ts';
import { InputReport } from './input-report.ts';
import { MediaJudge } from './media-judge.ts';
import {
  ApiKeys,
  Apps,
  BackgroundWork,
  CallLog,
  CallProjections,
  Chance,
  InputProblems,
  LiveInputs,
  MediaFacts,
  WebhookDestinations,
} from './ports.ts';
import { StreamsController } from './streams.controller.ts';

/** The wiring of the broadcast service. */
@Module({})
export class BroadcastModule {
  static with(config: BroadcastConfig, logger: OriginLogger): DynamicModule {
    return {
      module: BroadcastModule,
      controllers: [CallController, AppController, StreamsController],
      providers: [
        { provide: BroadcastConfig, useValue: config },
        { provide: ConsoleLogger, useValue: logger },
        { provide: Metrics, useFactory: () => new Metrics('broadcast') },
        { provide: Bus, useFactory: () => connectBus('broadcast', config.values) },
        { provide: KvApps, inject: [Bus, BroadcastConfig], useFactory: KvApps.open },
        { provide: KvApiKeys, inject: [Bus], useFactory: KvApiKeys.open },
        { provide: KvLiveInputs, inject: [Bus], useFactory: KvLiveInputs.open },
        { provide: KvCallProjections, inject: [Bus], useFactory: KvCallProjections.open },
        { provide: CallLog, inject: [Bus], useFactory: NatsCallLog.open },
        { provide: Chance, useClass: SystemChance },
        { provide: Apps, useExisting: KvApps },
        { provide: ApiKeys, useExisting: KvApiKeys },
        { provide: LiveInputs, useExisting: KvLiveInputs },
        { provide: CallProjections, useExisting: KvCallProjections },
        { provide: InputProblems, useClass: NatsInputProblems },
        { provide: MediaFacts, useExisting: NatsMediaFacts },
        { provide: WebhookDestinations, useClass: GuardedDestinations },
        { provide: BackgroundWork, useClass: NatsBackgroundWork },
        NatsMediaFacts,
        HttpWebhookSender,
        FeederRows,
        OutboxFeeder,
        DeliveryTools,
        Deliverer,
        Outbox,
        ConfiguredTenant,
        BackgroundSteps,
        BroadcastMetrics,
        CallAuthGuard,
        CallWriter,
        MediaJudge,
        InputReport,
        BroadcastService,
      ],
    };
  }
}
