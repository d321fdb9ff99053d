import { setTimeout as sleep } from 'node:timers/promises';
import { ConsoleLogger, Inject, Injectable } from '@nestjs/common';
import type { JsMsg } from '@nats-io/jetstream';
import { deliveriesBucket, DeliveryDue, type DeliveryRow } from '#shared/contracts';
import { Bus, type KvTable } from '#shared/messaging';
import { BroadcastMetrics } from '../broadcast-metrics.ts';
import { afterAttempt, newDelivery, type AttemptResult } from '../domain/delivery-policy.ts';
import { webhookHeaders } from '../domain/webhook-signature.ts';
import { Apps, Chance } from '../ports.ts';
import { HttpWebhookSender } from './http-webhook-sender.ts';
import { messageJson } from './message-json.ts';
import type { Deliver } from './outbox-destination.ts';
import { Slots } from './slots.ts';

/** Requests in flight to one destination. */
const CONCURRENCY = 8;
const JITTER_STEPS = 1000;

/** What a delivery is made with. */
@Injectable()
export class DeliveryTools {
  constructor(
    @Inject(Apps) readonly apps: Apps,
    @Inject(HttpWebhookSender) readonly sender: HttpWebhookSender,
    @Inject(BroadcastMetrics) readonly metrics: BroadcastMetrics,
    @Inject(Chance) readonly chance: Chance,
  ) {}
}

/** Takes one delivery through its attempts, and keeps in `deliveries` how it stands. */
@Injectable()
export class Deliverer {
  #table: Promise<KvTable<(typeof deliveriesBucket)['row']>> | undefined;

  constructor(
    @Inject(Bus) private readonly bus: Bus,
    @Inject(DeliveryTools) private readonly tools: DeliveryTools,
    @Inject(ConsoleLogger) private readonly logger: ConsoleLogger,
  ) {}

  /** Delivers for one destination, a bounded number of requests at once. */
  forDestination(destinationId: string): Deliver {
    const slots = new Slots(CONCURRENCY);
    return async (message, signal) => {
      const parsed = DeliveryDue.safeParse(messageJson(message));
      if (!parsed.success) return this.#refuse(message, parsed.error);
      await this.#settle(parsed.data, { key: `${destinationId}.${parsed.data.eventId}`, slots, signal });
      await message.ackAck();
    };
  }

  #refuse(message: JsMsg, error: unknown): void {
    this.logger.error('outbox.delivery_unreadable', { subject: message.subject, reason: String(error) });
    message.term('not a delivery');
  }

  async #settle(due: DeliveryDue, at: { key: string; slots: Slots; signal: AbortSignal }): Promise<void> {
    const { chance, metrics } = this.tools;
    const deliveries = await (this.#table ??= this.bus.table(deliveriesBucket));
    let row = (await deliveries.get(at.key))?.value ?? newDelivery(due, chance.nowMs());
    while (row.outcome === 'pending') {
      const standing = row;
      const waitMs = (standing.nextAttemptAtMs ?? 0) - chance.nowMs();
      if (waitMs > 0) await sleep(waitMs, undefined, { signal: at.signal });
      at.signal.throwIfAborted();
      row = await at.slots.run(() => this.#attempt(due, standing));
      // The answer is recorded before the delivery is settled: only an unrecorded one is ever repeated.
      await deliveries.put(at.key, row);
      metrics.deliveries.inc({ outcome: row.outcome === 'pending' ? 'retried' : row.outcome });
    }
  }

  async #attempt(due: DeliveryDue, row: DeliveryRow): Promise<DeliveryRow> {
    const { chance } = this.tools;
    const result = await this.#send(due, row.attempts + 1);
    return afterAttempt(row, result, {
      nowMs: chance.nowMs(),
      jitter: chance.randomInt(JITTER_STEPS) / JITTER_STEPS,
    });
  }

  async #send(due: DeliveryDue, attempt: number): Promise<AttemptResult> {
    const app = this.tools.apps.find(due.appKey);
    const hook = app?.eventHooks.find((candidate) => candidate.id === due.hookId);
    if (app === undefined || hook === undefined) return { kind: 'refused', reason: 'the hook is gone' };
    const identity = { apiKey: app.apiKey, apiSecret: app.secret, hookId: hook.id, eventId: due.eventId, attempt };
    const headers = webhookHeaders(identity, due.body, this.tools.chance.nowMs());
    return this.tools.sender.send(hook.webhookUrl, headers, due.body);
  }
}
