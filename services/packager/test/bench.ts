import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CmafReader } from '#cmaf';
import {
  ChunkHeaders,
  chunkSubject,
  EndHeaders,
  endSubject,
  InitHeaders,
  initSegmentKey,
  initSubject,
  JOURNAL_STREAM,
  leasesBucket,
  partitionOf,
  segmentClosedSubject,
  SegmentClosed,
  WindowFact,
  windowFactSubject,
  type TrackWindow,
} from '#shared/contracts';
import { RedisLiveWindow } from '#shared/live-window';
import { connectBus, toHeaders, type Bus } from '#shared/messaging';
import { createLogger, Metrics } from '#shared/observability';
import { connectRedis, type RedisConnection } from '#shared/redis';
import { backendsFromEnvironment } from '#shared/testing';
import { NatsAnnouncements } from '../src/adapters/nats-announcements.ts';
import { NatsJournal } from '../src/adapters/nats-journal.ts';
import { NatsMediaSource } from '../src/adapters/nats-media-source.ts';
import { NatsPresentations } from '../src/adapters/nats-presentations.ts';
import { CHAIN_START, nextChainValue } from '../src/domain/hash-chain.ts';
import { PackagerContext } from '../src/packager-context.ts';
import { PackagerMetrics } from '../src/packager-metrics.ts';
import { PackagerLeaseOptions, PackagerService } from '../src/packager.service.ts';
import { PartitionPackager } from '../src/partition-packager.ts';
import { sha256 } from './media.ts';

const LEASED_PARTITIONS = 4;
/** So many that each test has a partition to itself. */
const PARTITIONS = 4096;
const TIMESCALE = 90_000;

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

/** Media in, and what came of it, against real servers. */
export class PackagerBench {
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

  static async open(): Promise<PackagerBench> {
    const backends = backendsFromEnvironment();
    const bus = await connectBus('packager-bench', busOptions(backends.NATS_URL));
    return new PackagerBench(
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
    const store = await this.bus.initSegments();
    for (const init of Object.values(this.inits)) await store.put(initSegmentKey(inputId, sha256(init)), init);
    return new TestInput(this, inputId, partitionOf(inputId, partitions));
  }

  /** One partition under a token of the caller's choice, without a lease. */
  async startPartition(
    partition: number,
    fence: number,
    options: { redisUrl?: string } = {},
  ): Promise<RunningPackager> {
    const { context, cut } = await this.#context(options.redisUrl);
    const packager = new PartitionPackager(context, { partition, fence, isHeld: () => true });
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

  async #context(redisUrl = backendsFromEnvironment().REDIS_URL) {
    const bus = await connectBus('packager', busOptions(backendsFromEnvironment().NATS_URL));
    const redis = connectRedis(redisUrl, () => undefined);
    const logger = createLogger('packager');
    // Failures are what these tests are about.
    logger.setLogLevels([]);
    const context = new PackagerContext({
      journal: new NatsJournal(bus),
      media: new NatsMediaSource(bus),
      presentations: await NatsPresentations.open(bus),
      announcements: new NatsAnnouncements(bus),
      window: new RedisLiveWindow(redis),
      metrics: new PackagerMetrics(new Metrics('packager')),
      logger,
      windowKeepMs: 180_000,
    });
    const cut = async (): Promise<void> => {
      redis.disconnect();
      await bus.connection.close();
    };
    return { context, bus, cut };
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

/** The facts of a chunk that a test cares for. */
export interface TestChunk {
  readonly trackId?: number;
  readonly kind?: 'video' | 'audio';
  readonly startMs: number;
  readonly lengthMs?: number;
  readonly independent?: boolean;
  readonly epoch?: number;
}

/** One live input of a test. */
export class TestInput {
  /** Chunks published, by track. */
  readonly sent = new Map<number, Uint8Array[]>();

  constructor(
    private readonly bench: PackagerBench,
    readonly inputId: string,
    readonly partition: number,
  ) {}

  async chunk({ trackId = 1, kind = 'video', ...facts }: TestChunk): Promise<void> {
    const { startMs, lengthMs = 500, independent = true, epoch = 0 } = facts;
    const bytes = randomBytes(2000);
    this.sent.set(trackId, [...(this.sent.get(trackId) ?? []), bytes]);
    await this.#publish(chunkSubject.format(this.#place(trackId)), bytes, {
      headers: toHeaders(ChunkHeaders, {
        'Hw-Epoch': epoch,
        'Hw-Anchor-Ms': 1_700_000_000_000 + epoch * 100_000,
        'Hw-Decode-Time': ticks(startMs),
        'Hw-Duration': ticks(lengthMs),
        'Hw-Timescale': TIMESCALE,
        'Hw-Independent': independent,
        'Hw-Ingested-Ms': Date.now(),
        'Hw-Sha256': sha256(bytes),
        'Hw-Init-Sha256': sha256(this.bench.inits[kind]),
        'Hw-Session': 'session',
      }),
    });
  }

  /** Video with a keyframe every 2 s in chunks of 0.5 s, from one chunk index to before another. */
  async video(from: number, to: number, facts: Partial<TestChunk> = {}): Promise<void> {
    for (let index = from; index < to; index += 1)
      await this.chunk({ startMs: index * 500, independent: index % 4 === 0, ...facts });
  }

  async init(epoch: number, name: string): Promise<void> {
    const headers = toHeaders(InitHeaders, {
      'Hw-Epoch': epoch,
      'Hw-Ingested-Ms': Date.now(),
      'Hw-Sha256': sha256(this.bench.inits.video),
      'Hw-Name': name,
      'Hw-Session': 'session',
    });
    await this.#publish(initSubject.format(this.#place(1)), this.bench.inits.video, { headers });
  }

  async end(trackId = 1): Promise<void> {
    const headers = toHeaders(EndHeaders, { 'Hw-Epoch': 0, 'Hw-Reason': 'finished', 'Hw-Session': 'session' });
    await this.#publish(endSubject.format(this.#place(trackId)), new Uint8Array(), { headers });
  }

  /** Every journal record of a track, oldest first. */
  async records(trackId = 1): Promise<SegmentClosed[]> {
    const subject = segmentClosedSubject.format(this.#place(trackId));
    const info = await this.bench.bus.manager.streams.info(JOURNAL_STREAM, { subjects_filter: subject });
    const count = info.state.subjects?.[subject] ?? 0;
    const records: SegmentClosed[] = [];
    let after = 0;
    while (records.length < count) {
      const message = await this.bench.bus.manager.direct.getMessage(JOURNAL_STREAM, {
        seq: after + 1,
        next_by_subj: subject,
      });
      if (message === null) break;
      after = message.seq;
      records.push(SegmentClosed.parse(message.json()));
    }
    return records;
  }

  async trackWindow(trackId = 1): Promise<TrackWindow | undefined> {
    const windows = await this.bench.window.readInput(this.inputId);
    return windows.find((window) => window.track.trackId === trackId);
  }

  /** The bytes of every segment in the window, one after another. */
  async windowBytes(trackId = 1): Promise<Buffer> {
    const window = await this.trackWindow(trackId);
    const segments = [...(window?.segments ?? []), ...(window?.open ? [window.open] : [])];
    const bodies = await Promise.all(
      segments.map((segment) => this.bench.window.readSegment(this.inputId, trackId, segment)),
    );
    return Buffer.concat(bodies.filter((body) => body !== undefined));
  }

  sentBytes(trackId = 1): Buffer {
    return Buffer.concat(this.sent.get(trackId) ?? []);
  }

  /** Collects window facts from now on. */
  async facts(trackId = 1): Promise<WindowFact[]> {
    const facts: WindowFact[] = [];
    this.bench.bus.connection.subscribe(windowFactSubject.format({ inputId: this.inputId, trackId }), {
      callback: (_error, message) => {
        facts.push(WindowFact.parse(message.json()));
      },
    });
    await this.bench.bus.connection.flush();
    return facts;
  }

  async #publish(subject: string, body: Uint8Array, options: { headers: ReturnType<typeof toHeaders> }): Promise<void> {
    await this.bench.bus.jetstream.publish(subject, body, options);
  }

  #place(trackId: number) {
    return { partition: this.partition, inputId: this.inputId, trackId };
  }
}

/** Throws unless media sequences have no hole, no chunk is in two segments, and the chain verifies from the start. */
export function verifyJournal(records: readonly SegmentClosed[]): void {
  let chain = CHAIN_START;
  let lastSequence = 0;
  for (const [index, record] of records.entries()) {
    chain = nextChainValue(chain, record);
    expect(record.mediaSequence).toBe(index);
    expect(record.chain).toBe(chain);
    for (const chunk of record.chunks) {
      expect(chunk.streamSequence).toBeGreaterThan(lastSequence);
      lastSequence = chunk.streamSequence;
    }
  }
}

const ticks = (ms: number): bigint => BigInt(Math.round((ms * TIMESCALE) / 1000));

function initOf(name: string): Uint8Array {
  const bytes = readFileSync(new URL(`../../../fixtures/media/${name}`, import.meta.url));
  const reader = new CmafReader({ maxBoxBytes: 1 << 20, maxChunkBytes: 1 << 20, maxInitBytes: 1 << 16 });
  const init = reader.push(bytes).find((unit) => unit.kind === 'init');
  return z.instanceof(Uint8Array).parse(init?.bytes);
}
