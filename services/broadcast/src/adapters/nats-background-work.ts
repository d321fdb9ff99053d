import { ConsoleLogger, Inject, Injectable } from '@nestjs/common';
import { BroadcastMetrics } from '../broadcast-metrics.ts';
import { MediaJudge } from '../media-judge.ts';
import { BackgroundWork } from '../ports.ts';
import { ConfiguredTenant } from './configured-tenant.ts';
import { NatsMediaFacts } from './nats-media-facts.ts';
import { OutboxFeeder } from './outbox-feeder.ts';
import { Outbox } from './outbox.ts';
import { Ticker } from './ticker.ts';

const JUDGE_EVERY_MS = 250;
const MEASURE_EVERY_MS = 5000;

/** What is begun in order and ended in reverse. */
@Injectable()
export class BackgroundSteps {
  constructor(
    @Inject(ConfiguredTenant) readonly tenant: ConfiguredTenant,
    @Inject(NatsMediaFacts) readonly media: NatsMediaFacts,
    @Inject(OutboxFeeder) readonly feeder: OutboxFeeder,
    @Inject(Outbox) readonly outbox: Outbox,
  ) {}
}

/** Media facts first, so that no broadcast is judged by ignorance; then what follows from facts, then judging. */
@Injectable()
export class NatsBackgroundWork extends BackgroundWork {
  readonly #tickers: readonly Ticker[];

  constructor(
    @Inject(BackgroundSteps) private readonly steps: BackgroundSteps,
    @Inject(MediaJudge) judge: MediaJudge,
    @Inject(BroadcastMetrics) metrics: BroadcastMetrics,
    @Inject(ConsoleLogger) logger: ConsoleLogger,
  ) {
    super();
    const report = (event: string) => (error: unknown) => logger.warn(event, { reason: String(error) });
    const measure = async () => metrics.outboxPending.set(await steps.outbox.pending());
    this.#tickers = [
      new Ticker(JUDGE_EVERY_MS, () => judge.look(report('media.judge_failed')), report('media.judge_failed')),
      new Ticker(MEASURE_EVERY_MS, measure, report('outbox.measure_failed')),
    ];
  }

  override async start(): Promise<void> {
    await this.steps.tenant.ensure();
    await this.steps.media.start();
    await this.steps.feeder.start();
    await this.steps.outbox.start();
    for (const ticker of this.#tickers) ticker.start();
  }

  override async stop(): Promise<void> {
    await Promise.all(this.#tickers.map((ticker) => ticker.stop()));
    await this.steps.feeder.stop();
    await this.steps.outbox.stop();
    await this.steps.media.stop();
  }
}
