import {
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { EVENTS_STREAM, JOURNAL_STREAM, MEDIA_STREAM, OUTBOX_STREAM } from '../contracts/index.ts';
import type { BusOptions } from './bus-options.ts';

const DAY_MS = 86_400_000;

const streamConfigs = (options: BusOptions): Array<Partial<StreamConfig> & { name: string; subjects: string[] }> => [
  {
    name: MEDIA_STREAM,
    subjects: ['media.v1.*.*.*.chunk', 'media.v1.*.*.*.init', 'media.v1.*.*.*.end'],
    max_age: nanos(options.MEDIA_MAX_AGE_SEC * 1000),
    max_bytes: options.MEDIA_MAX_BYTES,
    discard: DiscardPolicy.Old,
    duplicate_window: nanos(120_000),
  },
  {
    // No age limit: the newest record of a track is what its media sequence continues from, however long it slept.
    name: JOURNAL_STREAM,
    subjects: ['journal.v1.>'],
    max_msgs_per_subject: 2000,
    duplicate_window: nanos(120_000),
  },
  {
    name: EVENTS_STREAM,
    subjects: ['event.v1.>'],
    max_age: nanos(30 * DAY_MS),
    max_bytes: 1_073_741_824,
    duplicate_window: nanos(120_000),
  },
  {
    name: OUTBOX_STREAM,
    subjects: ['outbox.v1.>'],
    retention: RetentionPolicy.Workqueue,
    max_age: nanos(7 * DAY_MS),
    max_bytes: 536_870_912,
    duplicate_window: nanos(120_000),
  },
];

/** Makes or updates the streams of the contracts; safe to run from every service at once. */
export async function ensureStreams(manager: JetStreamManager, options: BusOptions): Promise<void> {
  for (const config of streamConfigs(options)) {
    const whole = { storage: StorageType.File, num_replicas: options.BUS_REPLICAS, allow_direct: true, ...config };
    try {
      await manager.streams.add(whole);
    } catch {
      // `add` refuses a stream that exists with other limits; `update` then tells the real reason if there is one.
      await manager.streams.update(config.name, whole);
    }
  }
}
