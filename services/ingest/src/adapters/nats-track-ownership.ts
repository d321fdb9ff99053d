import type { ConsoleLogger, OnApplicationShutdown } from '@nestjs/common';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { QuietTracks, QuietTracksRequest, quietTracksSubject, trackOwnersBucket } from '#shared/contracts';
import type { TrackOwner } from '#shared/contracts';
import type { Bus, KvTable } from '#shared/messaging';
import type { QuietTrack } from '../domain/publisher-claims.ts';
import type { IngestConfig } from '../ingest.config.ts';
import { TrackOwnership, type StoredOwners } from '../ports.ts';
import { retryOnBus } from './bus-retry.ts';

/** A process that lives answers in a millisecond; one that is suspended must not hold an encoder up. */
const ANSWER_WITHIN_MS = 500;

/** The bucket `track_owners`, and core NATS requests between ingest processes. */
export class NatsTrackOwnership extends TrackOwnership implements OnApplicationShutdown {
  override readonly processId = randomUUID();
  readonly #listeners = new Set<(inputId: string, stored: StoredOwners) => void>();
  #stopWatch: () => void = () => undefined;
  #subscription: Subscription | undefined;

  private constructor(
    private readonly bus: Bus,
    private readonly table: KvTable<(typeof trackOwnersBucket)['row']>,
    private readonly retryMs: number,
    private readonly logger: ConsoleLogger,
  ) {
    super();
  }

  /** Resolves once changes by other processes are heard. */
  static async open(bus: Bus, config: IngestConfig, logger: ConsoleLogger): Promise<NatsTrackOwnership> {
    const table = await bus.table(trackOwnersBucket);
    const ownership = new NatsTrackOwnership(bus, table, config.values.PUBLISH_RETRY_MS, logger);
    const watch = await table.watch((inputId, row) => {
      if (row === undefined) return;
      const stored = { owners: row.value.owners, revision: row.revision };
      for (const listener of ownership.#listeners) listener(inputId, stored);
    });
    ownership.#stopWatch = () => watch.stop();
    await watch.ready;
    return ownership;
  }

  override async load(inputId: string): Promise<StoredOwners> {
    const row = await retryOnBus(`owners of ${inputId}`, this.retryMs, () => this.table.get(inputId));
    return row === undefined
      ? { owners: [], revision: undefined }
      : { owners: row.value.owners, revision: row.revision };
  }

  override save(inputId: string, owners: readonly TrackOwner[], revision: number | undefined): Promise<number> {
    const row = { owners: [...owners] };
    return retryOnBus(`owners of ${inputId}`, this.retryMs, () =>
      revision === undefined ? this.table.create(inputId, row) : this.table.update(inputId, row, revision),
    );
  }

  override onChange(listener: (inputId: string, stored: StoredOwners) => void): void {
    this.#listeners.add(listener);
  }

  override async quietTracksAt(processId: string, inputId: string): Promise<QuietTrack[]> {
    const request = JSON.stringify({ inputId } satisfies typeof QuietTracksRequest._input);
    try {
      const reply = await this.bus.connection.request(quietTracksSubject.format({ processId }), request, {
        timeout: ANSWER_WITHIN_MS,
      });
      return QuietTracks.parse(reply.json()).tracks;
    } catch (error) {
      this.logger.debug('ingest.owner_gone', { inputId, processId, reason: String(error) });
      return [];
    }
  }

  override answerWith(quietTracks: (inputId: string) => QuietTrack[]): void {
    const subject = quietTracksSubject.format({ processId: this.processId });
    this.#subscription = this.bus.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) this.#answer(message, quietTracks);
      },
    });
  }

  onApplicationShutdown(): void {
    this.#stopWatch();
    this.#subscription?.unsubscribe();
  }

  #answer(message: Msg, quietTracks: (inputId: string) => QuietTrack[]): void {
    const request = QuietTracksRequest.safeParse(message.json());
    if (!request.success) return;
    message.respond(JSON.stringify({ tracks: quietTracks(request.data.inputId) }));
  }
}
