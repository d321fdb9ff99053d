import type { KV } from '@nats-io/kv';
import { initSegmentKey } from '#shared/contracts';
import type { Bus } from '#shared/messaging';
import type { IngestConfig } from '../ingest.config.ts';
import { InitSegments } from '../ports.ts';
import { retryOnBus } from './bus-retry.ts';

/** The bucket `init_segments`; a row never changes, its key is its hash. */
export class NatsInitSegments extends InitSegments {
  private constructor(
    private readonly bucket: KV,
    private readonly retryMs: number,
  ) {
    super();
  }

  static async open(bus: Bus, config: IngestConfig): Promise<NatsInitSegments> {
    return new NatsInitSegments(await bus.initSegments(), config.values.PUBLISH_RETRY_MS);
  }

  override async put(inputId: string, sha256: string, bytes: Uint8Array): Promise<void> {
    const key = initSegmentKey(inputId, sha256);
    await retryOnBus(`init segment ${key}`, this.retryMs, async () => {
      const present = await this.bucket.get(key);
      if (present?.operation !== 'PUT') await this.bucket.put(key, bytes);
    });
  }

  override get(inputId: string, sha256: string): Promise<Uint8Array | undefined> {
    const key = initSegmentKey(inputId, sha256);
    return retryOnBus(`init segment ${key}`, this.retryMs, async () => {
      const entry = await this.bucket.get(key);
      return entry?.operation === 'PUT' ? entry.value : undefined;
    });
  }
}
