import type { OnApplicationShutdown } from '@nestjs/common';
import { publishersBucket, type PublisherState } from '#shared/contracts';
import type { Bus, KvTable } from '#shared/messaging';
import type { IngestConfig } from '../ingest.config.ts';
import { PublisherStates, type StoredPublisherState } from '../ports.ts';
import { retryOnBus } from './bus-retry.ts';

/** The bucket `publishers`. */
export class NatsPublisherStates extends PublisherStates implements OnApplicationShutdown {
  readonly #listeners = new Set<(inputId: string, state: PublisherState) => void>();
  #stopWatch: () => void = () => undefined;

  private constructor(
    private readonly table: KvTable<(typeof publishersBucket)['row']>,
    private readonly retryMs: number,
  ) {
    super();
  }

  /** Resolves once changes by other processes are heard. */
  static async open(bus: Bus, config: IngestConfig): Promise<NatsPublisherStates> {
    const table = await bus.table(publishersBucket);
    const states = new NatsPublisherStates(table, config.values.PUBLISH_RETRY_MS);
    const watch = await table.watch((inputId, row) => {
      if (row !== undefined) for (const listener of states.#listeners) listener(inputId, row.value);
    });
    states.#stopWatch = () => watch.stop();
    await watch.ready;
    return states;
  }

  override async load(inputId: string): Promise<StoredPublisherState | undefined> {
    const row = await retryOnBus(`publisher state of ${inputId}`, this.retryMs, () => this.table.get(inputId));
    return row === undefined ? undefined : { state: row.value, revision: row.revision };
  }

  override async save(inputId: string, state: PublisherState, revision: number | undefined): Promise<void> {
    await retryOnBus(`publisher state of ${inputId}`, this.retryMs, () =>
      revision === undefined ? this.table.create(inputId, state) : this.table.update(inputId, state, revision),
    );
  }

  override onChange(listener: (inputId: string, state: PublisherState) => void): void {
    this.#listeners.add(listener);
  }

  onApplicationShutdown(): void {
    this.#stopWatch();
  }
}
