import { Injectable, type LoggerService } from '@nestjs/common';
import type { Bus, KvTable } from '#shared/messaging';
import { readStream } from '#shared/messaging';
import {
  JOURNAL_STREAM,
  SegmentClosed,
  journalOfPartition,
  type ArchiveCheckpoint,
  type archiveCheckpointsBucket,
} from '#shared/contracts';
import { Journal, type JournalFeed, type JournalRecord } from '../ports.ts';

const READ_AHEAD_BYTES = 2_097_152;

/** The journal in JetStream, its checkpoints in a KV bucket. */
@Injectable()
export class NatsJournal extends Journal {
  constructor(
    private readonly bus: Bus,
    private readonly checkpoints: KvTable<(typeof archiveCheckpointsBucket)['row']>,
    private readonly logger: LoggerService,
  ) {
    super();
  }

  override async resumeAfter(partition: number): Promise<number> {
    const checkpoint = await this.checkpoints.get(String(partition));
    const { state } = await this.bus.manager.streams.info(JOURNAL_STREAM);
    const sequence = checkpoint?.value.journalSequence ?? 0;
    // A checkpoint beyond the journal is of a journal that was lost: its successor begins anew.
    return sequence > state.last_seq ? 0 : sequence;
  }

  override async read(partition: number, afterSequence: number): Promise<JournalFeed> {
    const reader = await readStream(this.bus, JOURNAL_STREAM, {
      subjects: [journalOfPartition(partition)],
      from: { sequence: afterSequence + 1 },
      maxBytes: READ_AHEAD_BYTES,
    });
    return { records: this.#records(reader.messages), stop: () => reader.stop() };
  }

  override async saveCheckpoint(partition: number, checkpoint: ArchiveCheckpoint): Promise<void> {
    await this.checkpoints.put(String(partition), checkpoint);
  }

  async *#records(
    messages: AsyncIterable<{ seq: number; subject: string; string(): string }>,
  ): AsyncIterable<JournalRecord> {
    for await (const message of messages) yield { journalSequence: message.seq, segment: this.#parse(message) };
  }

  #parse(message: { seq: number; subject: string; string(): string }): SegmentClosed | undefined {
    try {
      return SegmentClosed.parse(JSON.parse(message.string()));
    } catch (error) {
      this.logger.error('journal.record_unreadable', undefined, {
        subject: message.subject,
        journalSequence: message.seq,
        reason: String(error),
      });
      return undefined;
    }
  }
}
