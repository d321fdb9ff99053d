import type { OnApplicationShutdown } from '@nestjs/common';
import { ClientProxyFactory, type ClientProxy } from '@nestjs/microservices';
import type { KV } from '@nats-io/kv';
import { broadcastsBucket, liveInputsBucket, originKeysBucket, presentationsBucket } from '#shared/contracts';
import { RedisLiveWindow } from '#shared/live-window';
import { connectBus, natsTransport, type Bus, type KvTable } from '#shared/messaging';
import { MinioObjectStore, type ObjectStore } from '#shared/object-store';
import type { OriginLogger } from '#shared/observability';
import { connectRedis, isReachable, type RedisConnection } from '#shared/redis';
import type { PlaybackConfig } from '../playback.config.ts';
import { Readiness } from '../ports.ts';
import { KvBroadcastDirectory } from './kv-broadcast-directory.ts';
import { KvInputDirectory } from './kv-input-directory.ts';
import { KvPresentations } from './kv-presentations.ts';

interface Parts {
  readonly bus: Bus;
  readonly redis: RedisConnection;
  readonly objects: ObjectStore;
  readonly timeshift: ClientProxy;
  readonly initSegments: KV;
  readonly presentations: KvPresentations;
  readonly originKeys: KvTable<(typeof originKeysBucket)['row']>;
}

/** Every connection of the service; closed after the door is. */
export class Backends extends Readiness implements OnApplicationShutdown {
  readonly inputs = new KvInputDirectory();
  readonly broadcasts = new KvBroadcastDirectory();
  readonly liveWindow: RedisLiveWindow;
  /** Takes the id of each input that changed or went; set by the owner of what is derived from it. */
  onInputChanged: (inputId: string) => void = () => undefined;
  #redisWasReached = false;

  readonly bus: Bus;
  readonly redis: RedisConnection;
  readonly objects: ObjectStore;
  readonly timeshift: ClientProxy;
  readonly initSegments: KV;
  readonly presentations: KvPresentations;
  readonly originKeys: Parts['originKeys'];

  private constructor(parts: Parts) {
    super();
    this.bus = parts.bus;
    this.redis = parts.redis;
    this.objects = parts.objects;
    this.timeshift = parts.timeshift;
    this.initSegments = parts.initSegments;
    this.presentations = parts.presentations;
    this.originKeys = parts.originKeys;
    this.liveWindow = new RedisLiveWindow(parts.redis);
  }

  /** Connects to the bus and fills the mirrors of its buckets; Redis and S3 connect when they are there. */
  static async connect({ values }: PlaybackConfig, logger: OriginLogger): Promise<Backends> {
    const bus = await connectBus('playback', values);
    const redis = connectRedis(values.REDIS_URL, (error) =>
      logger.warn('redis.unreachable', { reason: error.message }),
    );
    const [inputs, broadcasts, presentations, originKeys, initSegments] = await Promise.all([
      bus.table(liveInputsBucket),
      bus.table(broadcastsBucket),
      bus.table(presentationsBucket),
      bus.table(originKeysBucket),
      bus.initSegments(),
    ]);
    const backends = new Backends({
      bus,
      redis,
      objects: new MinioObjectStore(values),
      timeshift: ClientProxyFactory.create(natsTransport(values)),
      initSegments,
      presentations: new KvPresentations(presentations),
      originKeys,
    });
    await Promise.all([
      backends.inputs.start(inputs, (inputId) => backends.onInputChanged(inputId)),
      backends.broadcasts.start(broadcasts),
    ]);
    return backends;
  }

  isOnBus(): boolean {
    return this.bus.isConnected();
  }

  async redisWasReached(): Promise<boolean> {
    this.#redisWasReached ||= await isReachable(this.redis);
    return this.#redisWasReached;
  }

  async onApplicationShutdown(): Promise<void> {
    this.inputs.stop();
    this.broadcasts.stop();
    this.redis.disconnect();
    await this.timeshift.close();
    await this.bus.close();
  }
}
