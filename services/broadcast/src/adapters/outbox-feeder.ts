import { ConsoleLogger, Inject, Injectable } from '@nestjs/common';
import { AckPolicy, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { CallCommit, callEventSubject, DeliveryDue, deliverySubject, EVENTS_STREAM } from '#shared/contracts';
import { Bus, publishFact } from '#shared/messaging';
import { BroadcastMetrics } from '../broadcast-metrics.ts';
import { BroadcastConfig } from '../broadcast.config.ts';
import { destinationIdOf } from '../domain/call-key.ts';
import type { PublicUrls } from '../domain/call-view.ts';
import { deliveryFor, publicEventsOf } from '../domain/webhook-events.ts';
import { Apps, CallProjections } from '../ports.ts';
import { keepRunning, type Running } from './keep-running.ts';
import { messageJson } from './message-json.ts';

const DURABLE = 'broadcast-facts';
const RETRY_MS = 1000;

/** What facts are turned into. */
@Injectable()
export class FeederRows {
  constructor(
    @Inject(Apps) readonly apps: Apps,
    @Inject(CallProjections) readonly projections: CallProjections,
    @Inject(ConsoleLogger) readonly logger: ConsoleLogger,
  ) {}
}

/**
 * Reads the facts of all calls one at a time: brings the rows to each, then owes it to every hook that asked.
 * One outstanding message across all nodes keeps the order; a fact is acknowledged only when all that follows from it is stored.
 */
@Injectable()
export class OutboxFeeder {
  #loop: Running | undefined;

  readonly #urls: PublicUrls;

  constructor(
    @Inject(Bus) private readonly bus: Bus,
    @Inject(FeederRows) private readonly rows: FeederRows,
    @Inject(BroadcastMetrics) private readonly metrics: BroadcastMetrics,
    @Inject(BroadcastConfig) { values }: BroadcastConfig,
  ) {
    this.#urls = { playback: values.PUBLIC_PLAYBACK_URL, ingest: values.PUBLIC_INGEST_URL };
  }

  async start(): Promise<void> {
    await this.#ensureConsumer();
    this.#loop = keepRunning({
      open: () => this.#consume(),
      read: (messages) => this.#read(messages),
      onError: (error) => this.#report('outbox.feeder_failed', error),
    });
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
  }

  #report(event: string, error: unknown): void {
    this.rows.logger.warn(event, { reason: String(error) });
  }

  async #ensureConsumer(): Promise<void> {
    await this.bus.manager.consumers.add(EVENTS_STREAM, {
      durable_name: DURABLE,
      filter_subject: callEventSubject.pattern(),
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(30_000),
      max_ack_pending: 1,
    });
  }

  async #consume(): Promise<ConsumerMessages> {
    await this.#ensureConsumer();
    const consumer = await this.bus.jetstream.consumers.get(EVENTS_STREAM, DURABLE);
    return consumer.consume({ max_messages: 1 });
  }

  async #read(messages: ConsumerMessages): Promise<void> {
    for await (const message of messages) await this.#settle(message);
  }

  async #settle(message: JsMsg): Promise<void> {
    const parsed = CallCommit.safeParse(messageJson(message));
    if (!parsed.success) {
      this.#report('outbox.fact_unreadable', parsed.error);
      message.term('not a call commit');
      return;
    }
    try {
      await this.rows.projections.project(parsed.data);
      await this.#owe(parsed.data);
      await message.ackAck();
      for (const event of parsed.data.events) this.metrics.countFact(event.fact);
    } catch (error) {
      this.#report('outbox.feed_failed', error);
      message.nak(RETRY_MS);
    }
  }

  async #owe(commit: CallCommit): Promise<void> {
    const { appKey, callKey } = commit.state;
    const hooks = this.rows.apps.enabledHooks(appKey);
    for (const event of publicEventsOf(commit, this.#urls)) {
      for (const hook of hooks) {
        const due = deliveryFor(event, commit, hook, this.#urls);
        if (due === undefined) continue;
        const destinationId = destinationIdOf(appKey, hook.id);
        await publishFact(this.bus, deliverySubject.format({ destinationId, callKey }), DeliveryDue.encode(due), {
          messageId: `${destinationId}:${due.eventId}`,
        });
      }
    }
  }
}
