import { ConsoleLogger } from '@nestjs/common';
import type { SegmentEntry } from '#timeline';
import { archiveCheckpointsBucket } from '#shared/contracts';
import { connectBus, type Bus } from '#shared/messaging';
import { MinioObjectStore, type ObjectStore, type StoredObject } from '#shared/object-store';
import { Metrics } from '#shared/observability';
import { connectRedis, type RedisConnection } from '#shared/redis';
import { backendsFromEnvironment } from '#shared/testing';
import { TimelineIndex } from '#shared/timeline-index';
import { NatsJournal } from '../../src/adapters/nats-journal.ts';
import { NatsMediaSource } from '../../src/adapters/nats-media-source.ts';
import { ArchiveMetrics } from '../../src/archive-metrics.ts';
import { ArchivedTracks } from '../../src/archived-tracks.ts';
import { PartitionArchiver } from '../../src/partition-archiver.ts';
import { ArchiveFacts, type Journal, type LostRange } from '../../src/ports.ts';
import { TimeshiftService } from '../../src/timeshift.service.ts';

export const backends = backendsFromEnvironment();
export const busOptions = {
  NATS_URL: backends.NATS_URL,
  BUS_REPLICAS: 1,
  MEDIA_MAX_AGE_SEC: 900,
  MEDIA_MAX_BYTES: 500_000_000,
};
export const silentLogger = new ConsoleLogger('timeshift-test', { logLevels: [] });

/** Keeps the facts that an archiver told. */
export class HeardFacts extends ArchiveFacts {
  readonly through = new Map<string, number>();
  readonly losses: LostRange[] = [];

  override async archived(inputId: string, trackId: number, throughMediaSequence: number): Promise<void> {
    this.through.set(`${inputId}/${trackId}`, throughMediaSequence);
  }

  override async lost(range: LostRange): Promise<void> {
    this.losses.push(range);
  }
}

/** What one archiver of a test stands on; each part can be replaced by one that fails. */
export interface ArchiverParts {
  readonly partition: number;
  readonly fence: number;
  readonly store?: ObjectStore;
  readonly journal?: Journal;
  readonly facts?: ArchiveFacts;
  readonly flushIntervalMs?: number;
}

/** Real servers for one test file, and archivers on them. */
export class ArchiveRig {
  readonly store = new MinioObjectStore(backends);
  readonly #archivers: PartitionArchiver[] = [];

  private constructor(
    readonly bus: Bus,
    readonly redis: RedisConnection,
    readonly journal: NatsJournal,
  ) {}

  static async open(): Promise<ArchiveRig> {
    const bus = await connectBus('timeshift-test', busOptions);
    const redis = connectRedis(backends.REDIS_URL, () => undefined);
    const journal = new NatsJournal(bus, await bus.table(archiveCheckpointsBucket), silentLogger);
    const rig = new ArchiveRig(bus, redis, journal);
    await rig.store.ensureBucket();
    return rig;
  }

  /** An index with empty memory, as a process that just began has it. */
  newIndex(store: ObjectStore = this.store): TimelineIndex {
    return new TimelineIndex({ store, redis: this.redis, onHotError: () => undefined });
  }

  async startArchiver(parts: ArchiverParts): Promise<PartitionArchiver> {
    const store = parts.store ?? this.store;
    const index = this.newIndex(store);
    const service = new TimeshiftService({
      store,
      index,
      media: new NatsMediaSource(this.bus, await this.bus.initSegments()),
      facts: parts.facts ?? new HeardFacts(),
      metrics: new ArchiveMetrics(new Metrics('timeshift-test')),
      logger: silentLogger,
    });
    const archiver = new PartitionArchiver({
      partition: parts.partition,
      fence: parts.fence,
      journal: parts.journal ?? this.journal,
      tracks: new ArchivedTracks(index, service),
      service,
      limits: { flushIntervalMs: parts.flushIntervalMs ?? 300, maxBytes: 10_000_000 },
      logger: silentLogger,
      nowMs: Date.now,
    });
    this.#archivers.push(archiver);
    archiver.start();
    return archiver;
  }

  /** Rows of an input as the durable index has them. */
  async rows(inputId: string): Promise<SegmentEntry[]> {
    const index = this.newIndex();
    const hours = await index.durableHours(inputId);
    return (await Promise.all(hours.map((hour) => index.durableRows(inputId, hour)))).flat();
  }

  async objects(prefix: string): Promise<StoredObject[]> {
    const all: StoredObject[] = [];
    for await (const object of this.store.list(prefix)) all.push(object);
    return all;
  }

  bytesOf(row: SegmentEntry): Promise<Buffer> {
    return this.store.getRange(row.objectKey, row.offsetBytes, row.sizeBytes);
  }

  async close(): Promise<void> {
    await Promise.all(this.#archivers.map((archiver) => archiver.stop()));
    this.redis.disconnect();
    await this.bus.close();
  }
}
