import { setTimeout as sleep } from 'node:timers/promises';
import type { Archived } from '#shared/contracts';
import { WINDOW_BOUND_MS } from '#shared/live-window';
import { KvConflictError } from '#shared/messaging';
import { InputPackager } from './input-packager.ts';
import type { PackagerContext, PartitionLease } from './packager-context.ts';
import type { MediaMessage, MediaReader, StoredRecord } from './ports.ts';
import { ProblemBook } from './problem-book.ts';
import { Quarantine } from './quarantine.ts';
import { UnpackageableError } from './unpackageable-error.ts';

const RETRY_MS = 500;
const CLOCK_MS = 500;
const RESUME_AT_ONCE = 16;
/** A record of the last moments may have been written just before its window was: such tracks are looked at on start. */
const LOOK_BACK_MS = 60_000;

/**
 * Packages one partition while its lease is held: reads MEDIA from where the journal says, and starts over from the journal
 * after any failure. What it holds in memory is never more than journal and MEDIA can give again.
 */
export class PartitionPackager {
  readonly #context: PackagerContext;
  readonly #lease: PartitionLease;
  readonly #stopping = new AbortController();
  readonly #inputs = new Map<string, InputPackager>();
  readonly #quarantine = new Quarantine();
  #seenSequence = 0;
  #pendingMessages = 0;
  #run: Promise<void> = Promise.resolve();

  constructor(context: PackagerContext, lease: PartitionLease) {
    this.#context = context;
    this.#lease = lease;
  }

  /** Begins in the background. */
  start(): void {
    this.#run = this.#runUntilStopped();
  }

  /** Resolves when nothing writes any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#run;
    this.#context.metrics.lagMessages.remove({ partition: this.#lease.partition });
  }

  archived(event: Archived): void {
    this.#inputs.get(event.inputId)?.archived(event.trackId, event.throughMediaSequence);
  }

  async #runUntilStopped(): Promise<void> {
    const { signal } = this.#stopping;
    const { partition, fence } = this.#lease;
    while (!signal.aborted) {
      try {
        await this.#package();
      } catch (error) {
        const event = error instanceof KvConflictError ? 'partition.journal_conflict' : 'partition.failed';
        this.#context.logger.error(event, error instanceof Error ? error.stack : String(error), { partition, fence });
        if (error instanceof UnpackageableError && this.#quarantine.failed(error)) this.#tellQuarantined(error);
      } finally {
        await this.#forgetInputs();
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #package(): Promise<void> {
    const { partition } = this.#lease;
    const newest = await this.#context.journal.newestOfPartition(partition);
    const fromSequence = newest?.record.resumeSequence ?? 1;
    this.#seenSequence = Math.max(0, fromSequence - 1);
    if (newest !== undefined) await this.#resumeRecent(newest);
    const reader = await this.#context.media.read(partition, fromSequence);
    try {
      await this.#follow(reader);
    } finally {
      await reader.stop();
    }
  }

  /** Tracks of the last moments, whose windows may lack what the journal has. */
  async #resumeRecent(newest: StoredRecord): Promise<void> {
    const { journal } = this.#context;
    const since = newest.storedAtMs - LOOK_BACK_MS;
    const tracks = await journal.tracksSince(this.#lease.partition, newest, since);
    for (const inputId of new Set(tracks.map((track) => track.inputId))) await this.#input(inputId);
    for (let at = 0; at < tracks.length; at += RESUME_AT_ONCE) {
      this.#stopping.signal.throwIfAborted();
      const group = tracks.slice(at, at + RESUME_AT_ONCE);
      await Promise.all(group.map((track) => this.#inputs.get(track.inputId)?.resume(track) ?? Promise.resolve()));
    }
  }

  async #follow(reader: MediaReader): Promise<void> {
    const { signal } = this.#stopping;
    const clock = (): Promise<'tick'> => sleep(CLOCK_MS, 'tick', { signal });
    const messages = reader.messages[Symbol.asyncIterator]();
    let next = messages.next();
    let tick = clock();
    try {
      for (;;) {
        // The clock first: a partition that is never quiet must not keep it waiting.
        const arrived = await Promise.race([tick, next]);
        if (arrived === 'tick') {
          await this.#watchClock();
          tick = clock();
        } else if (arrived.done === true) {
          throw new Error('read of MEDIA: expected it to go on, it ended');
        } else {
          this.#pendingMessages = arrived.value.pendingMessages;
          await this.#take(arrived.value.message);
          next = messages.next();
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      tick.catch(() => undefined);
      next.catch(() => undefined);
    }
  }

  async #take(message: MediaMessage): Promise<void> {
    this.#seenSequence = message.streamSequence;
    if (message.kind === 'malformed') {
      this.#context.metrics.messagesDropped.inc({ reason: 'malformed' });
      this.#context.logger.warn('media.malformed', { ...message });
      return;
    }
    if (this.#quarantine.holds(message.streamSequence)) {
      this.#context.metrics.messagesDropped.inc({ reason: 'quarantined' });
      return;
    }
    const input = await this.#input(message.inputId);
    await input.take(message, (pendingFrom) => this.#resumeFrom(pendingFrom));
  }

  #tellQuarantined({ track, streamSequences, message }: UnpackageableError): void {
    const sentence = `${streamSequences.length} messages are left out for good. ${message}`;
    const problem = { trackId: track.trackId, code: 'message_quarantined', sentence, severity: 'error' } as const;
    new ProblemBook(this.#context, track.inputId).raise(problem);
  }

  async #watchClock(): Promise<void> {
    const { partition } = this.#lease;
    this.#context.metrics.lagMessages.set({ partition }, this.#pendingMessages);
    // While messages wait, the silence is this process's own.
    if (this.#pendingMessages > 0) return;
    const nowMs = this.#context.nowMs();
    for (const [inputId, input] of this.#inputs) {
      await input.closeSilent(nowMs, (pendingFrom) => this.#resumeFrom(pendingFrom));
      if (!input.isIdle(nowMs, WINDOW_BOUND_MS)) continue;
      this.#inputs.delete(inputId);
      await input.stop();
    }
  }

  /** Every message below this is in the journal or needs no segment. */
  #resumeFrom(ownPendingFrom: number | undefined): number {
    const pending = [...this.#inputs.values()].map((input) => input.pendingFrom());
    return Math.min(...[...pending, ownPendingFrom].filter((from) => from !== undefined), this.#seenSequence + 1);
  }

  async #input(inputId: string): Promise<InputPackager> {
    const present = this.#inputs.get(inputId);
    if (present !== undefined) return present;
    const input = await InputPackager.open(this.#context, this.#lease, inputId);
    this.#inputs.set(inputId, input);
    return input;
  }

  async #forgetInputs(): Promise<void> {
    const inputs = [...this.#inputs.values()];
    this.#inputs.clear();
    await Promise.all(inputs.map((input) => input.stop()));
  }
}
