import { ConsoleLogger, Inject, Injectable } from '@nestjs/common';
import { deliverySubject, OUTBOX_STREAM } from '#shared/contracts';
import { Bus } from '#shared/messaging';
import { destinationIdOf } from '../domain/call-key.ts';
import { Deliverer } from './deliverer.ts';
import { KvApps } from './kv-apps.ts';
import { consumerOf, destinationOf, OutboxDestination } from './outbox-destination.ts';

/** One worker per enabled webhook destination of every app, following the apps as they change. */
@Injectable()
export class Outbox {
  readonly #workers = new Map<string, OutboxDestination>();
  #known = new Set<string>();
  #stopWatching: () => void = () => undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(
    @Inject(Bus) private readonly bus: Bus,
    @Inject(KvApps) private readonly apps: KvApps,
    @Inject(Deliverer) private readonly deliverer: Deliverer,
    @Inject(ConsoleLogger) private readonly logger: ConsoleLogger,
  ) {}

  async start(): Promise<void> {
    // Destinations of an earlier run count as known, so that hooks taken away meanwhile are forgotten too.
    for await (const consumer of this.bus.manager.consumers.list(OUTBOX_STREAM)) {
      const destinationId = destinationOf(consumer.name);
      if (destinationId !== undefined) this.#known.add(destinationId);
    }
    this.#stopWatching = this.apps.onChange(() => this.#schedule());
    this.#schedule();
    await this.#round;
  }

  async stop(): Promise<void> {
    this.#stopWatching();
    await this.#round;
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
  }

  /** Deliveries owed and not yet settled, of all destinations. */
  async pending(): Promise<number> {
    return (await this.bus.manager.streams.info(OUTBOX_STREAM)).state.messages;
  }

  #schedule(): void {
    this.#round = this.#round
      .then(() => this.#follow())
      .catch((error: unknown) => this.#report('outbox.follow_failed', error));
  }

  async #follow(): Promise<void> {
    const hooks = this.apps.rows().flatMap((app) => app.eventHooks.map((hook) => ({ appKey: app.apiKey, hook })));
    const known = new Set(hooks.map(({ appKey, hook }) => destinationIdOf(appKey, hook.id)));
    const enabled = new Set(
      hooks.filter(({ hook }) => hook.enabled).map(({ appKey, hook }) => destinationIdOf(appKey, hook.id)),
    );
    for (const [id, worker] of this.#workers) {
      if (enabled.has(id)) continue;
      this.#workers.delete(id);
      await worker.stop();
    }
    for (const id of this.#known) if (!known.has(id)) await this.#forget(id);
    this.#known = known;
    for (const id of enabled) if (!this.#workers.has(id)) this.#begin(id);
  }

  #begin(destinationId: string): void {
    const worker = new OutboxDestination({
      bus: this.bus,
      destinationId,
      deliver: this.deliverer.forDestination(destinationId),
      onError: (event, error) => this.#report(event, error),
    });
    this.#workers.set(destinationId, worker);
    worker.start();
  }

  /** A hook that its owner took away is owed nothing more. */
  async #forget(destinationId: string): Promise<void> {
    const { manager } = this.bus;
    await manager.consumers.delete(OUTBOX_STREAM, consumerOf(destinationId)).catch(() => false);
    await manager.streams.purge(OUTBOX_STREAM, { filter: deliverySubject.pattern({ destinationId }) });
  }

  #report(event: string, error: unknown): void {
    this.logger.warn(event, { reason: String(error) });
  }
}
