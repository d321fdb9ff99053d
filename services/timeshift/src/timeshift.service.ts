import { createHash } from 'node:crypto';
import type { LoggerService } from '@nestjs/common';
import { initObjectKey, type ObjectStore } from '#shared/object-store';
import type { TimelineIndex } from '#shared/timeline-index';
import type { ArchiveMetrics } from './archive-metrics.ts';
import { mapConcurrently, Slots } from './concurrency.ts';
import { archiveKey } from './domain/archive-key.ts';
import { buildArchiveObject, type SegmentToArchive } from './domain/archive-object.ts';
import { lostRanges, lastSequences } from './domain/archived-tracks.ts';
import type { PendingSegment, SegmentBatch } from './domain/segment-batch.ts';
import type { ArchiveFacts, MediaSource } from './ports.ts';

const SEGMENTS_AT_ONCE = 4;
const BATCHES_AT_ONCE = 2;
const REMEMBERED_INITS = 10_000;

/** What the archive stands on. */
export interface TimeshiftParts {
  readonly store: ObjectStore;
  readonly index: TimelineIndex;
  readonly media: MediaSource;
  readonly facts: ArchiveFacts;
  readonly metrics: ArchiveMetrics;
  readonly logger: LoggerService;
}

/** Archives one batch: bytes from the bus, one object, the index, then the word that it is durable. */
export class TimeshiftService {
  readonly #parts: TimeshiftParts;
  readonly #keptInits = new Set<string>();
  readonly #slots = new Slots(BATCHES_AT_ONCE);

  constructor(parts: TimeshiftParts) {
    this.#parts = parts;
  }

  /** Resolves when every segment of the batch is durable or known to be lost. Safe to repeat: the same batch writes the same keys. */
  archive(batch: SegmentBatch, fence: number): Promise<void> {
    return this.#slots.run(async () => {
      const segments = await mapConcurrently(batch.segments, SEGMENTS_AT_ONCE, (segment) => this.#withBytes(segment));
      await this.#keepInits(batch);
      const rows = await this.#putObject(batch, fence, segments);
      await this.#parts.index.append(batch.inputId, fence, rows);
      await this.#tellLosses(batch.inputId, segments);
      await this.tellArchived(batch.inputId, lastSequences(rows));
    });
  }

  /** Says again what is durable, for the packager that may have missed it. */
  async tellArchived(inputId: string, throughByTrack: ReadonlyMap<number, number>): Promise<void> {
    for (const [trackId, through] of throughByTrack) await this.#parts.facts.archived(inputId, trackId, through);
  }

  /** Says that media sequences will never be in the archive. */
  async tellLost(range: Parameters<ArchiveFacts['lost']>[0]): Promise<void> {
    this.#parts.logger.error('archive.lost', undefined, { ...range });
    this.#parts.metrics.lostSegments.inc(range.toMediaSequence - range.fromMediaSequence + 1);
    await this.#parts.facts.lost(range);
  }

  async #putObject(batch: SegmentBatch, fence: number, segments: readonly SegmentToArchive[]) {
    const { inputId, firstStartMs, lastJournalSequence: journalSequence } = batch;
    const key = archiveKey({ inputId, firstStartMs, fence, journalSequence });
    const { bytes, trailer } = buildArchiveObject(key, fence, segments);
    const stopTimer = this.#parts.metrics.putSeconds.startTimer();
    await this.#parts.store.put(key, bytes);
    stopTimer();
    this.#parts.metrics.objects.inc();
    this.#parts.metrics.segments.inc(segments.filter((segment) => segment.bytes !== undefined).length);
    this.#parts.logger.log('archive.object_stored', { key, sizeBytes: bytes.length, segments: segments.length });
    return trailer.rows;
  }

  async #withBytes(pending: PendingSegment): Promise<SegmentToArchive> {
    const { closed } = pending;
    const bytes = Buffer.allocUnsafe(closed.sizeBytes);
    let filledBytes = 0;
    for (const chunk of closed.chunks) {
      const found = await this.#parts.media.chunk(chunk.streamSequence);
      if (found === undefined) return { ...pending, bytes: undefined };
      bytes.set(found.subarray(0, closed.sizeBytes - filledBytes), filledBytes);
      filledBytes += found.byteLength;
    }
    const isWhole = filledBytes === closed.sizeBytes && sha256Of(bytes) === closed.sha256;
    return { ...pending, bytes: isWhole ? bytes : undefined };
  }

  async #keepInits(batch: SegmentBatch): Promise<void> {
    const { inputId, segments } = batch;
    for (const sha256 of new Set(segments.map((segment) => segment.closed.initSha256))) {
      const key = initObjectKey(inputId, sha256);
      if (this.#keptInits.has(key)) continue;
      const bytes = await this.#parts.media.initSegment(inputId, sha256);
      if (bytes === undefined) this.#parts.logger.error('archive.init_missing', undefined, { inputId, sha256 });
      else await this.#parts.store.put(key, bytes, 'video/mp4');
      if (this.#keptInits.size >= REMEMBERED_INITS) this.#keptInits.clear();
      this.#keptInits.add(key);
    }
  }

  async #tellLosses(inputId: string, segments: readonly SegmentToArchive[]): Promise<void> {
    const detail = 'the bus does not hold the bytes of the journal any more';
    for (const range of lostRanges(segments)) await this.tellLost({ inputId, ...range, detail });
  }
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
