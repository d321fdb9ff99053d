import { createHash, randomBytes, randomInt } from 'node:crypto';
import {
  ChunkHeaders,
  SegmentClosed,
  chunkMessageId,
  chunkSubject,
  initSegmentKey,
  segmentClosedSubject,
} from '#shared/contracts';
import { publishFact, toHeaders, type Bus } from '#shared/messaging';
import { z } from 'zod';

const CHUNKS_PER_SEGMENT = 4;
const SEGMENT_MS = 2000;
const TIMESCALE = 90_000;

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** An id that no other test uses. */
export const newInputId = (): string => `li_${randomBytes(8).toString('hex')}`;

/** A partition that no other test uses. */
export const newPartition = (): number => randomInt(1000, 1_000_000_000);

/** A segment as it was sent: its record and its chunks. */
export interface SentSegment {
  readonly closed: SegmentClosed;
  readonly journalSequence: number;
  readonly bytes: Buffer;
}

/** Sends media and journal records of one input as ingest and packager do. */
export class Source {
  readonly inputId: string;
  readonly partition: number;
  readonly init = randomBytes(700);
  readonly sent: SentSegment[] = [];
  readonly #bus: Bus;
  readonly #startEpochMs: number;
  readonly #next = new Map<number, number>();

  constructor(bus: Bus, options: { inputId?: string; partition?: number; startEpochMs?: number } = {}) {
    this.#bus = bus;
    this.inputId = options.inputId ?? newInputId();
    this.partition = options.partition ?? newPartition();
    this.#startEpochMs = options.startEpochMs ?? Date.now() - 60_000;
  }

  get initSha256(): string {
    return sha256Of(this.init);
  }

  /** Sends `count` segments of each track. */
  async send(count: number, trackIds: readonly number[] = [1, 2]): Promise<SentSegment[]> {
    const kv = await this.#bus.initSegments();
    await kv.put(initSegmentKey(this.inputId, this.initSha256), this.init);
    const sent: SentSegment[] = [];
    for (let round = 0; round < count; round += 1)
      for (const trackId of trackIds) sent.push(await this.#sendSegment(trackId));
    this.sent.push(...sent);
    return sent;
  }

  /** Sends the record of a gap of one track: a segment without chunks. */
  async sendGap(trackId: number): Promise<SentSegment> {
    const mediaSequence = this.#next.get(trackId) ?? 0;
    this.#next.set(trackId, mediaSequence + 1);
    const bytes = Buffer.alloc(0);
    const closed: SegmentClosed = {
      ...this.#record(trackId, mediaSequence, { chunks: [], streamSequences: [], bytes }),
      gap: true,
      independent: false,
      closedBy: 'gap',
      partChunkCounts: [],
    };
    const sent = { closed, journalSequence: await this.resend(closed), bytes };
    this.sent.push(sent);
    return sent;
  }

  /** Publishes a journal record alone; gives its sequence. */
  resend(closed: SegmentClosed): Promise<number> {
    const { partition, inputId, trackId } = closed;
    return publishFact(
      this.#bus,
      segmentClosedSubject.format({ partition, inputId, trackId }),
      z.encode(SegmentClosed, closed),
    );
  }

  /** Leaves out media sequences, as a journal does that dropped its oldest. */
  skip(trackId: number, count: number): void {
    this.#next.set(trackId, (this.#next.get(trackId) ?? 0) + count);
  }

  async #sendSegment(trackId: number): Promise<SentSegment> {
    const mediaSequence = this.#next.get(trackId) ?? 0;
    this.#next.set(trackId, mediaSequence + 1);
    const chunks = Array.from({ length: CHUNKS_PER_SEGMENT }, () => randomBytes(500 + trackId * 100));
    const streamSequences: number[] = [];
    for (const [index, bytes] of chunks.entries())
      streamSequences.push(await this.#sendChunk(trackId, mediaSequence * CHUNKS_PER_SEGMENT + index, bytes));
    const bytes = Buffer.concat(chunks);
    const closed = this.#record(trackId, mediaSequence, { chunks, streamSequences, bytes });
    return { closed, journalSequence: await this.resend(closed), bytes };
  }

  async #sendChunk(trackId: number, index: number, bytes: Buffer): Promise<number> {
    const { inputId, partition } = this;
    const decodeTimeTicks = BigInt(index * (TIMESCALE / 2));
    const ack = await this.#bus.jetstream.publish(chunkSubject.format({ partition, inputId, trackId }), bytes, {
      msgID: chunkMessageId(inputId, trackId, 0, decodeTimeTicks),
      headers: toHeaders(ChunkHeaders, {
        'Hw-Epoch': 0,
        'Hw-Anchor-Ms': this.#startEpochMs,
        'Hw-Decode-Time': decodeTimeTicks,
        'Hw-Duration': BigInt(TIMESCALE / 2),
        'Hw-Timescale': TIMESCALE,
        'Hw-Independent': index % CHUNKS_PER_SEGMENT === 0,
        'Hw-Ingested-Ms': Math.floor(this.#startEpochMs),
        'Hw-Sha256': sha256Of(bytes),
        'Hw-Init-Sha256': this.initSha256,
        'Hw-Session': 'session',
      }),
    });
    return ack.seq;
  }

  #record(
    trackId: number,
    mediaSequence: number,
    media: { chunks: Buffer[]; streamSequences: number[]; bytes: Buffer },
  ): SegmentClosed {
    return {
      inputId: this.inputId,
      trackId,
      partition: this.partition,
      fence: 1,
      epoch: 0,
      mediaSequence,
      discontinuitySequence: 0,
      startEpochMs: this.#startEpochMs + mediaSequence * SEGMENT_MS,
      durationMs: SEGMENT_MS,
      decodeTimeTicks: BigInt(mediaSequence * 2 * TIMESCALE),
      durationTicks: BigInt(2 * TIMESCALE),
      timescale: TIMESCALE,
      independent: true,
      initSha256: this.initSha256,
      sizeBytes: media.bytes.length,
      sha256: sha256Of(media.bytes),
      chain: sha256Of(Buffer.from(`${trackId}/${mediaSequence}`)),
      chunks: media.chunks.map((bytes, index) => ({
        streamSequence: media.streamSequences[index] ?? 0,
        sizeBytes: bytes.length,
        sha256: sha256Of(bytes),
        durationTicks: BigInt(TIMESCALE / 2),
        independent: index === 0,
      })),
      partChunkCounts: [1, 1, 1, 1],
      closedBy: 'boundary',
      resumeSequence: 1,
      closedAtMs: Date.now(),
    };
  }
}
