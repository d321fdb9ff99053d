import { connect, type NatsConnection } from '@nats-io/transport-node';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';
import type { z } from 'zod';
import { INIT_SEGMENTS_BUCKET, type Bucket } from '../contracts/index.ts';
import { BusUnavailableError } from './bus-errors.ts';
import type { BusOptions } from './bus-options.ts';
import { ensureStreams } from './streams.ts';
import { KvTable } from './kv-table.ts';

const MINIMUM_SERVER = [2, 10] as const;

/** One connection to NATS with its JetStream client, manager and buckets. Owned by the service that made it; `close` drains. */
export class Bus {
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly #kvm: Kvm;
  readonly #replicas: number;

  constructor(connection: NatsConnection, manager: JetStreamManager, replicas: number) {
    this.connection = connection;
    this.manager = manager;
    this.jetstream = jetstream(connection);
    this.#kvm = new Kvm(this.jetstream);
    this.#replicas = replicas;
  }

  /** Opens a bucket of JSON rows, making it when absent. */
  async table<S extends z.ZodType>(bucket: Bucket<S>): Promise<KvTable<S>> {
    const kv = await this.#kvm.create(bucket.name, { history: 1, ttl: bucket.ttlMs, replicas: this.#replicas });
    return new KvTable(bucket, kv);
  }

  /** The bucket of raw init segments. */
  initSegments(): Promise<KV> {
    return this.#kvm.create(INIT_SEGMENTS_BUCKET, { history: 1, maxValueSize: 1_048_576, replicas: this.#replicas });
  }

  /** Whether the connection stands at this moment. */
  isConnected(): boolean {
    return !this.connection.isClosed() && this.connection.info !== undefined;
  }

  /** Publishes what is pending, then closes. */
  async close(): Promise<void> {
    if (!this.connection.isClosed()) await this.connection.drain();
  }
}

/** Connects, asserts NATS ≥ 2.10 with JetStream, and makes the streams of the contracts. Reconnects for ever. */
export async function connectBus(name: string, options: BusOptions): Promise<Bus> {
  const connection = await connect({
    servers: options.NATS_URL.split(',').map((server) => server.trim()),
    name,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    waitOnFirstConnect: false,
    timeout: 5000,
    // Else each request and each JetStream publish makes an Error for its stack, one for every chunk.
    noAsyncTraces: true,
  });
  try {
    assertVersion(connection.info?.version ?? 'unknown');
    const manager = await jetstreamManager(connection);
    await ensureStreams(manager, options);
    return new Bus(connection, manager, options.BUS_REPLICAS);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Older servers ignore newer configuration in silence. */
function assertVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [needMajor, needMinor] = MINIMUM_SERVER;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  throw new BusUnavailableError(`NATS server: expected version ${needMajor}.${needMinor} or later, got ${version}`);
}
