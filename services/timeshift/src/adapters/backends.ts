import type { LoggerService, OnApplicationShutdown } from '@nestjs/common';
import { ClientProxyFactory, type ClientProxy } from '@nestjs/microservices';
import { archiveCheckpointsBucket, leasesBucket, liveInputsBucket } from '#shared/contracts';
import { KvMirror, connectBus, natsTransport, type Bus, type KvTable } from '#shared/messaging';
import { MinioObjectStore, type ObjectStore } from '#shared/object-store';
import { connectRedis, type RedisConnection } from '#shared/redis';
import type { TimeshiftConfig } from '../timeshift.config.ts';
import { Readiness } from '../ports.ts';
import { KvRetentionRules } from './kv-retention-rules.ts';
import { NatsArchiveFacts } from './nats-archive-facts.ts';
import { NatsJournal } from './nats-journal.ts';
import { NatsMediaSource } from './nats-media-source.ts';

type Inputs = KvMirror<(typeof liveInputsBucket)['row']>;

/** Every connection of the service, opened at boot and closed after the last of the work. */
export class Backends extends Readiness implements OnApplicationShutdown {
  readonly store: ObjectStore;
  readonly redis: RedisConnection;
  readonly journal: NatsJournal;
  readonly media: NatsMediaSource;
  readonly facts: NatsArchiveFacts;
  readonly rules: KvRetentionRules;
  readonly leases: KvTable<(typeof leasesBucket)['row']>;
  readonly #bus: Bus;
  readonly #client: ClientProxy;
  readonly #inputs: Inputs;

  private constructor(parts: {
    bus: Bus;
    store: ObjectStore;
    redis: RedisConnection;
    client: ClientProxy;
    inputs: Inputs;
    leases: Backends['leases'];
    journal: NatsJournal;
    media: NatsMediaSource;
  }) {
    super();
    this.#bus = parts.bus;
    this.#client = parts.client;
    this.#inputs = parts.inputs;
    this.store = parts.store;
    this.redis = parts.redis;
    this.leases = parts.leases;
    this.journal = parts.journal;
    this.media = parts.media;
    this.facts = new NatsArchiveFacts(parts.bus, parts.client);
    this.rules = new KvRetentionRules(parts.inputs);
  }

  /** Opens everything and makes the bucket; throws when the bus or the store is not there. */
  static async connect(config: TimeshiftConfig, logger: LoggerService): Promise<Backends> {
    const bus = await connectBus('timeshift', config);
    const store = new MinioObjectStore({ ...config, requestDeadlineMs: 15_000, attempts: 2 });
    await store.ensureBucket().catch(async (error: unknown) => {
      await bus.close();
      throw error;
    });
    const redis = connectRedis(config.REDIS_URL, (error) => logger.warn('redis.away', { reason: error.message }));
    const inputs: Inputs = new KvMirror();
    await inputs.start(await bus.table(liveInputsBucket));
    return new Backends({
      bus,
      store,
      redis,
      inputs,
      client: ClientProxyFactory.create(natsTransport(config)),
      leases: await bus.table(leasesBucket),
      journal: new NatsJournal(bus, await bus.table(archiveCheckpointsBucket), logger),
      media: new NatsMediaSource(bus, await bus.initSegments()),
    });
  }

  override isBusConnected(): boolean {
    return this.#bus.isConnected();
  }

  override async isStoreReachable(): Promise<boolean> {
    await this.store.ensureBucket();
    return true;
  }

  async onApplicationShutdown(): Promise<void> {
    this.#inputs.stop();
    await this.#client.close();
    this.redis.disconnect();
    await this.#bus.close();
  }
}
