import { setTimeout as delay } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import type { SegmentClosed } from '#shared/contracts';
import { whyNotIndexable } from './domain/archive-object.ts';
import { SegmentBatch, type BatchLimits } from './domain/segment-batch.ts';
import type { ArchivedTracks } from './archived-tracks.ts';
import type { Journal, JournalFeed, JournalRecord } from './ports.ts';
import type { TimeshiftService } from './timeshift.service.ts';

const PAUSE_MS = 1000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
const LONGEST_TICK_MS = 1000;
/** Leaves room in the drain limit of the service for what comes after. */
const LAST_FLUSH_MS = 5000;

/** What an archiver of one partition works with. */
export interface PartitionArchiverOptions {
  readonly partition: number;
  readonly fence: number;
  readonly journal: Journal;
  readonly tracks: ArchivedTracks;
  readonly service: TimeshiftService;
  readonly limits: BatchLimits;
  readonly logger: LoggerService;
  readonly nowMs: () => number;
}

/**
 * Follows the journal of one partition from its checkpoint and has each input's segments archived in batches.
 * One task at a time: while the store is away nothing more is read, and the bus keeps the media.
 * Whatever it did not finish its successor does again; keys carry the fence, so neither disturbs the other.
 */
export class PartitionArchiver {
  readonly #options: PartitionArchiverOptions;
  readonly #batches = new Map<string, SegmentBatch>();
  readonly #abort = new AbortController();
  #position: number | undefined;
  #feed: JournalFeed | undefined;
  #task: Promise<void> = Promise.resolve();
  #isTicking = false;
  #ticker: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: PartitionArchiverOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
    const tickMs = Math.min(LONGEST_TICK_MS, this.#options.limits.flushIntervalMs / 4);
    this.#ticker = setInterval(() => void this.#tick(), tickMs);
  }

  /** Reads no more, archives what it holds if that can be done in seconds, and ends. */
  async stop(): Promise<void> {
    clearInterval(this.#ticker);
    this.#abort.abort();
    await Promise.race([this.#finish(), delay(LAST_FLUSH_MS, undefined, { ref: false })]);
  }

  /** Age of the oldest segment that waits. */
  lagMs(): number {
    const closedAtMs = [...this.#batches.values()].map((batch) => batch.segments[0]?.closed.closedAtMs ?? Infinity);
    return Math.max(0, this.#options.nowMs() - Math.min(this.#options.nowMs(), ...closedAtMs));
  }

  async #finish(): Promise<void> {
    await this.#feed?.stop();
    await this.#running;
    await this.#exclusively(async () => {
      for (const batch of this.#batches.values()) await this.#archiveOnce(batch);
    }).catch((error: unknown) => this.#warn('archive.drain_incomplete', error));
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        await this.#follow();
      } catch (error) {
        if (!this.#abort.signal.aborted) this.#warn('archive.interrupted', error);
      }
      await this.#pause(PAUSE_MS);
    }
  }

  async #follow(): Promise<void> {
    const { journal, partition } = this.#options;
    this.#position ??= await journal.resumeAfter(partition);
    this.#feed = await journal.read(partition, this.#position);
    try {
      if (this.#abort.signal.aborted) return;
      for await (const record of this.#feed.records) {
        if (this.#abort.signal.aborted) return;
        await this.#exclusively(() => this.#take(record));
      }
    } finally {
      await this.#feed.stop();
    }
  }

  async #take({ journalSequence, segment }: JournalRecord): Promise<void> {
    if (segment !== undefined) await this.#takeSegment(journalSequence, segment);
    this.#position = journalSequence;
  }

  async #takeSegment(journalSequence: number, closed: SegmentClosed): Promise<void> {
    const { tracks, limits } = this.#options;
    if ((await tracks.place(closed)) === 'archived') return;
    const problem = whyNotIndexable(closed);
    if (problem !== undefined) return this.#leaveOut(closed, problem);
    const open = this.#batches.get(closed.inputId);
    if (open !== undefined && !open.hasRoomFor(closed, limits)) await this.#flush(open);
    const batch = this.#batches.get(closed.inputId) ?? new SegmentBatch(closed.inputId, this.#options.nowMs());
    this.#batches.set(closed.inputId, batch);
    batch.add({ journalSequence, closed });
    tracks.advance(closed);
    if (batch.isDue(this.#options.nowMs(), limits)) await this.#flush(batch, journalSequence);
  }

  async #leaveOut(closed: SegmentClosed, detail: string): Promise<void> {
    const { inputId, trackId, mediaSequence } = closed;
    const range = { fromMediaSequence: mediaSequence, toMediaSequence: mediaSequence };
    await this.#options.service.tellLost({ inputId, trackId, ...range, detail });
    this.#options.tracks.advance(closed);
  }

  async #tick(): Promise<void> {
    if (this.#isTicking) return;
    this.#isTicking = true;
    try {
      await this.#exclusively(async () => {
        const nowMs = this.#options.nowMs();
        const due = [...this.#batches.values()].filter((batch) => batch.isDue(nowMs, this.#options.limits));
        for (const batch of due) await this.#flush(batch);
      });
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#warn('archive.flush_failed', error);
    } finally {
      this.#isTicking = false;
    }
  }

  /** Tries until it is durable or the archiver is stopped. */
  async #flush(batch: SegmentBatch, takenThrough = this.#position ?? 0): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        await this.#archiveOnce(batch, takenThrough);
        return;
      } catch (error) {
        if (this.#abort.signal.aborted) throw error;
        this.#warn('archive.batch_delayed', error);
        await this.#pause(pauseMs);
      }
    }
  }

  async #archiveOnce(batch: SegmentBatch, takenThrough = this.#position ?? 0): Promise<void> {
    await this.#options.service.archive(batch, this.#options.fence);
    if (this.#batches.get(batch.inputId) === batch) this.#batches.delete(batch.inputId);
    await this.#saveCheckpoint(takenThrough);
  }

  async #saveCheckpoint(takenThrough: number): Promise<void> {
    const { journal, partition, fence } = this.#options;
    const waiting = [...this.#batches.values()].map((batch) => batch.firstJournalSequence - 1);
    const checkpoint = { journalSequence: Math.min(takenThrough, ...waiting), fence };
    // Only a hint for a faster start: the index itself tells what is archived.
    await journal
      .saveCheckpoint(partition, checkpoint)
      .catch((error: unknown) => this.#warn('archive.checkpoint_failed', error));
  }

  #exclusively(task: () => Promise<void>): Promise<void> {
    const done = this.#task.then(task);
    this.#task = done.catch(() => undefined);
    return done;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#abort.signal }).catch(() => undefined);
  }

  #warn(event: string, error: unknown): void {
    this.#options.logger.warn(event, { partition: this.#options.partition, reason: String(error) });
  }
}
