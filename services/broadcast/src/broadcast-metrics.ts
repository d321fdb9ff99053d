import { Inject, Injectable } from '@nestjs/common';
import { Metrics } from '#shared/observability';

/** What this service counts. */
@Injectable()
export class BroadcastMetrics {
  readonly transitions;
  readonly deliveries;
  readonly outboxPending;

  constructor(@Inject(Metrics) metrics: Metrics) {
    this.transitions = metrics.counter('broadcast_transitions_total', 'State changes of broadcasts', ['to']);
    this.deliveries = metrics.counter(
      'broadcast_deliveries_total',
      'Attempts to deliver a webhook by what came of it',
      ['outcome'],
    );
    this.outboxPending = metrics.gauge('broadcast_outbox_pending', 'Webhooks owed and not settled, on the whole bus');
  }

  /** Counts a fact of a call when it changes the state of a broadcast. */
  countFact(fact: string): void {
    const to = /^broadcast_(\w+)$/.exec(fact)?.[1];
    if (to !== undefined) this.transitions.inc({ to });
  }
}
