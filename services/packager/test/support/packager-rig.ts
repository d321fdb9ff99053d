import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CmafReader } from '#cmaf';
import { signingKeyOf } from '#provenance';
import { initSegmentKey, leasesBucket, partitionOf } from '#shared/contracts';
import { RedisLiveWindow } from '#shared/live-window';
import { connectBus, type Bus } from '#shared/messaging';
import { createLogger, Metrics } from '#shared/observability';
import { connectRedis, type RedisConnection } from '#shared/redis';
import { backendsFromEnvironment } from '#shared/testing';
import { NatsAnnouncements } from '../../src/adapters/nats-announcements.ts';
import { NatsJournal } from '../../src/adapters/nats-journal.ts';
import { NatsMediaSource } from '../../src/adapters/nats-media-source.ts';
import { NatsPresentations } from '../../src/adapters/nats-presentations.ts';
import { PackagerContext } from '../../src/packager-context.ts';
import { PackagerMetrics } from '../../src/packager-metrics.ts';
import { PackagerLeaseOptions, PackagerService } from '../../src/packager.service.ts';
import { PartitionPackager } from '../../src/partition-packager.ts';
import { sha256 } from '../media.ts';
import { TestInput } from './test-input.ts';

/** The seed that every packager of a test signs with. */
export const SIGNING_SEED = Buffer.alloc(32, 7).toString('base64url');

const LEASED_PARTITIONS = 4;
/** So many that each test has a partition to itself. */
const PARTITIONS = 4096;

const busOptions = (url: string) => ({
  NATS_URL: url,
  BUS_REPLICAS: 1,
  MEDIA_MAX_AGE_SEC: 900,
  MEDIA_MAX_BYTES: 1_073_741_824,
});

/** A running packager with connections of its own. */
export interface RunningPackager {
  /** Drains, as on SIGTERM. */
  stop(): Promise<void>;
  /** Cuts its connections without a word, as kill -9 does. */
  kill(): Promise<void>;
}

/** How a partition is packaged in a test. */
export interface PartitionOptions {
  readonly redisUrl?: string;
  readonly natsUrl?: string;
  readonly isHeld?: () => boolean;
  /** Ports to put in the place of the real ones. */
  readonly change?: (parts: PackagerParts) => Partial<PackagerParts>;
}

type PackagerParts = ConstructorParameters<typeof PackagerContext>[0];

/** Media in, and what came of it, against real servers. */
export class PackagerRig {
  readonly bus: Bus;
  readonly redis: RedisConnection;
  readonly window: RedisLiveWindow;
  readonly #cleanUps: Array<() => Promise<void>> = [];
  readonly inits: { readonly video: Uint8Array; readonly audio: Uint8Array };

  private constructor(bus: Bus, redis: RedisConnection) {
    this.bus = bus;
    this.redis = redis;
    this.window = new RedisLiveWindow(redis);
    this.inits = { video: initOf('h264.cmfv'), audio: initOf('aac.cmfa') };
  }

  static async open(): Promise<PackagerRig> {
    const backends = backendsFromEnvironment();
    const bus = await connectBus('packager-rig', busOptions(backends.NATS_URL));
    return new PackagerRig(
      bus,
      connectRedis(backends.REDIS_URL, () => undefined),
    );
  }

  async close(): Promise<void> {
    await this.stopPackagers();
    await this.bus.close();
    this.redis.disconnect();
  }

  async stopPackagers(): Promise<void> {
    await Promise.all(this.#cleanUps.splice(0).map((cleanUp) => cleanUp()));
  }

  async newInput(partitions = PARTITIONS): Promise<TestInput> {
    const inputId = `li_${randomBytes(8).toString('hex')}`;
    return this.#makeInput(inputId, partitionOf(inputId, partitions));
  }

  /** Another input in the same partition. */
  async inputBeside(one: TestInput): Promise<TestInput> {
    for (;;) {
      const inputId = `li_${randomBytes(8).toString('hex')}`;
      if (partitionOf(inputId, PARTITIONS) === one.partition) return this.#makeInput(inputId, one.partition);
    }
  }

  /** One partition under a token of the caller's choice, without a lease. */
  async startPartition(partition: number, fence: number, options: PartitionOptions = {}): Promise<RunningPackager> {
    const { context, cut } = await this.#context(options);
    const packager = new PartitionPackager(context, { partition, fence, isHeld: options.isHeld ?? (() => true) });
    packager.start();
    return this.#running(() => packager.stop(), cut);
  }

  /** An input in one of the partitions that {@link startService} shares. */
  newLeasedInput(): Promise<TestInput> {
    return this.newInput(LEASED_PARTITIONS);
  }

  /** A whole packager with leases. */
  async startService(leaseMs: number): Promise<RunningPackager> {
    const { context, bus, cut } = await this.#context();
    const table = await bus.table(leasesBucket);
    const service = new PackagerService(
      context,
      new PackagerLeaseOptions({ table, partitions: LEASED_PARTITIONS, termMs: leaseMs }),
    );
    await service.onApplicationBootstrap();
    return this.#running(() => service.beforeApplicationShutdown(), cut);
  }

  async #context(options: Pick<PartitionOptions, 'redisUrl' | 'natsUrl' | 'change'> = {}) {
    const { NATS_URL, REDIS_URL } = backendsFromEnvironment();
    const bus = await connectBus('packager', busOptions(options.natsUrl ?? NATS_URL));
    const redis = connectRedis(options.redisUrl ?? REDIS_URL, () => undefined);
    const logger = createLogger('packager');
    // Failures are what these tests are about.
    logger.setLogLevels([]);
    const parts = {
      journal: new NatsJournal(bus),
      media: new NatsMediaSource(bus),
      presentations: await NatsPresentations.open(bus, 500),
      announcements: new NatsAnnouncements(bus),
      window: new RedisLiveWindow(redis),
      metrics: new PackagerMetrics(new Metrics('packager')),
      logger,
      windowKeepMs: 180_000,
      signingKey: signingKeyOf(SIGNING_SEED),
    };
    const context = new PackagerContext({ ...parts, ...options.change?.(parts) });
    const cut = async (): Promise<void> => {
      redis.disconnect();
      await bus.connection.close();
    };
    return { context, bus, cut };
  }

  async #makeInput(inputId: string, partition: number): Promise<TestInput> {
    const store = await this.bus.initSegments();
    for (const init of Object.values(this.inits)) await store.put(initSegmentKey(inputId, sha256(init)), init);
    return new TestInput(this, inputId, partition);
  }

  #running(drain: () => Promise<void>, cut: () => Promise<void>): RunningPackager {
    let ended: Promise<void> | undefined;
    const end = (steps: Array<() => Promise<void>>): Promise<void> => {
      ended ??= (async () => {
        for (const step of steps) await step();
      })();
      return ended;
    };
    this.#cleanUps.push(() => end([drain, cut]));
    return {
      stop: () => end([drain, cut]),
      kill: async () => {
        await cut();
        this.#cleanUps.push(drain);
        ended = Promise.resolve();
      },
    };
  }
}

function initOf(name: string): Uint8Array {
  const bytes = readFileSync(new URL(`../../../../fixtures/media/${name}`, import.meta.url));
  const reader = new CmafReader({ maxBoxBytes: 1 << 20, maxChunkBytes: 1 << 20, maxInitBytes: 1 << 16 });
  const init = reader.push(bytes).find((unit) => unit.kind === 'init');
  return z.instanceof(Uint8Array).parse(init?.bytes);
}
