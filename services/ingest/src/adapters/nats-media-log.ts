import { AckPolicy, DeliverPolicy, type ConsumerConfig } from '@nats-io/jetstream';
import { nanos, type MsgHdrs } from '@nats-io/transport-node';
import {
  ChunkHeaders,
  chunkMessageId,
  chunkSubject,
  EndHeaders,
  endSubject,
  InitHeaders,
  initSubject,
  MEDIA_STREAM,
  partitionOf,
} from '#shared/contracts';
import { headersFrom, toHeaders, type Bus } from '#shared/messaging';
import { advanceCursor, reachOf, type StoredReach, type TrackCursor } from '../domain/track-cursor.ts';
import type { IngestConfig } from '../ingest.config.ts';
import { MediaLog } from '../ports.ts';
import { retryOnBus } from './bus-retry.ts';

/** Subject, reply and headers travel inside the same limit as the bytes. */
const ENVELOPE_BYTES = 8192;
const ACK_TIMEOUT_MS = 2500;
/** A resend reaches back less than three segments; this holds them at any segment length in use. */
const RECALL_MS = 30_000;
/** More chunks than this in that time came faster than real time: then a shorter time holds as many resends. */
const MAX_RECALLED = 2000;
const SHORTEST_RECALL_MS = 100;
const READ_EXPIRES_MS = 2500;

interface StoredMessage {
  readonly subject: string;
  readonly headers: MsgHdrs | undefined;
  readonly storedMs: number;
}

interface MediaLogOptions {
  readonly partitions: number;
  readonly maxChunkBytes: number;
  readonly retryMs: number;
}

/** MEDIA on JetStream. */
export class NatsMediaLog extends MediaLog {
  readonly #options: MediaLogOptions;

  constructor(
    private readonly bus: Bus,
    { values }: IngestConfig,
  ) {
    super();
    this.#options = {
      partitions: values.PARTITIONS,
      maxChunkBytes: values.MAX_CHUNK_BYTES,
      retryMs: values.PUBLISH_RETRY_MS,
    };
  }

  override maxChunkBytes(): number {
    const maxPayload = this.bus.connection.info?.max_payload ?? this.#options.maxChunkBytes;
    return Math.min(this.#options.maxChunkBytes, maxPayload - ENVELOPE_BYTES);
  }

  override publishChunk(inputId: string, trackId: number, facts: ChunkHeaders, bytes: Uint8Array): Promise<void> {
    const msgID = chunkMessageId(inputId, trackId, facts['Hw-Epoch'], facts['Hw-Decode-Time']);
    const subject = chunkSubject.format(this.#address(inputId, trackId));
    return this.#publish(subject, bytes, { msgID, headers: toHeaders(ChunkHeaders, facts) });
  }

  override publishInit(inputId: string, trackId: number, facts: InitHeaders, bytes: Uint8Array): Promise<void> {
    const subject = initSubject.format(this.#address(inputId, trackId));
    return this.#publish(subject, bytes, { headers: toHeaders(InitHeaders, facts) });
  }

  override publishEnd(inputId: string, trackId: number, facts: EndHeaders): Promise<void> {
    const subject = endSubject.format(this.#address(inputId, trackId));
    return this.#publish(subject, new Uint8Array(0), { headers: toHeaders(EndHeaders, facts) });
  }

  override async cursorOf(inputId: string, trackId: number): Promise<TrackCursor | undefined> {
    const address = this.#address(inputId, trackId);
    const chunks = chunkSubject.format(address);
    const [newest] =
      (await this.#read({ filter_subjects: [chunks], deliver_policy: DeliverPolicy.LastPerSubject })) ?? [];
    if (newest === undefined) return undefined;
    const subjects = [chunks, endSubject.format(address)];
    for (let recallMs = RECALL_MS; recallMs > SHORTEST_RECALL_MS; recallMs /= 4) {
      const recent = await this.#read({
        filter_subjects: subjects,
        deliver_policy: DeliverPolicy.StartTime,
        opt_start_time: new Date(newest.storedMs - recallMs).toISOString(),
      });
      if (recent !== undefined) return recent.reduce<TrackCursor | undefined>(afterStored, undefined);
    }
    return afterStored(undefined, newest);
  }

  override async reaches(inputId: string): Promise<StoredReach[]> {
    const partition = partitionOf(inputId, this.#options.partitions);
    const newest = await this.#read({
      filter_subjects: [chunkSubject.pattern({ partition, inputId })],
      deliver_policy: DeliverPolicy.LastPerSubject,
    });
    return (newest ?? []).flatMap((message) => {
      const cursor = afterStored(undefined, message);
      const trackId = Number(chunkSubject.parse(message.subject)?.trackId);
      return cursor === undefined ? [] : { trackId, epoch: cursor.epoch, ...reachOf(cursor) };
    });
  }

  #address(inputId: string, trackId: number) {
    return { partition: partitionOf(inputId, this.#options.partitions), inputId, trackId };
  }

  /** The message id makes a repeated attempt harmless: the server stores it once. */
  async #publish(subject: string, bytes: Uint8Array, options: { msgID?: string; headers: MsgHdrs }): Promise<void> {
    await retryOnBus(subject, this.#options.retryMs, () =>
      this.bus.jetstream.publish(subject, bytes, { ...options, timeout: ACK_TIMEOUT_MS }),
    );
  }

  /**
   * Reads headers by a consumer of its own: asked of the stream's leader, so never older than the last acknowledgement.
   * Undefined when there are more than {@link MAX_RECALLED}.
   */
  #read(place: Partial<ConsumerConfig>): Promise<StoredMessage[] | undefined> {
    return retryOnBus(`read of ${MEDIA_STREAM}`, this.#options.retryMs, async () => {
      const { name, num_pending: pending } = await this.bus.manager.consumers.add(MEDIA_STREAM, {
        ...place,
        ack_policy: AckPolicy.None,
        headers_only: true,
        mem_storage: true,
        num_replicas: 1,
        inactive_threshold: nanos(10_000),
      });
      try {
        return pending > MAX_RECALLED ? undefined : await this.#fetch(name, pending);
      } finally {
        await this.bus.manager.consumers.delete(MEDIA_STREAM, name);
      }
    });
  }

  async #fetch(consumerName: string, pending: number): Promise<StoredMessage[]> {
    const found: StoredMessage[] = [];
    if (pending === 0) return found;
    const consumer = await this.bus.jetstream.consumers.get(MEDIA_STREAM, consumerName);
    for await (const message of await consumer.fetch({ max_messages: pending, expires: READ_EXPIRES_MS })) {
      const storedMs = message.info.timestampNanos / 1_000_000;
      found.push({ subject: message.subject, headers: message.headers, storedMs });
    }
    // What the server counted must come; a read cut short would make a cursor that lies behind.
    if (found.length < pending) throw new Error(`expected ${pending} stored messages, got ${found.length}`);
    return found;
  }
}

/** The cursor after one more stored message. A finished end makes what follows a new start and no resend. */
function afterStored(cursor: TrackCursor | undefined, { subject, headers }: StoredMessage): TrackCursor | undefined {
  if (endSubject.parse(subject) !== undefined) {
    const isFinished = headersFrom(EndHeaders, headers)['Hw-Reason'] === 'finished';
    return cursor !== undefined && isFinished ? { ...cursor, recent: [] } : cursor;
  }
  const facts = headersFrom(ChunkHeaders, headers);
  const clock = { epoch: facts['Hw-Epoch'], anchorEpochMs: facts['Hw-Anchor-Ms'] };
  return advanceCursor(cursor, clock, {
    decodeTimeTicks: facts['Hw-Decode-Time'],
    durationTicks: facts['Hw-Duration'],
    timescale: facts['Hw-Timescale'],
    sha256: facts['Hw-Sha256'],
    initSha256: facts['Hw-Init-Sha256'],
    source: { sessionId: facts['Hw-Session'], initReceipt: '' },
    arrivalMs: facts['Hw-Ingested-Ms'],
  });
}
