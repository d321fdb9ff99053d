import { DeliverPolicy, type StoredMsg } from '@nats-io/jetstream';
import { z } from 'zod';
import { JOURNAL_STREAM, journalOfPartition, segmentClosedSubject, SegmentClosed } from '#shared/contracts';
import { publishFact, type Bus } from '#shared/messaging';
import { RecordRefusedError, type Journal, type StoredRecord, type TrackRef } from '../ports.ts';

/** The journal in JetStream. */
export class NatsJournal implements Journal {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  newestOfPartition(partition: number): Promise<StoredRecord | undefined> {
    return this.#newest(journalOfPartition(partition));
  }

  newestOfTrack(track: TrackRef): Promise<StoredRecord | undefined> {
    return this.#newest(subjectOf(track));
  }

  async tracksSince(partition: number, newest: StoredRecord, sinceMs: number): Promise<TrackRef[]> {
    const tracks = new Map<string, TrackRef>();
    const read = { subject: journalOfPartition(partition), sinceMs, through: newest.streamSequence, headersOnly: true };
    for await (const message of this.#read(read)) {
      const params = segmentClosedSubject.parse(message.subject);
      if (params === undefined) continue;
      tracks.set(message.subject, { partition, inputId: params.inputId, trackId: Number(params.trackId) });
    }
    return [...tracks.values()];
  }

  async recordsOfTrack(track: TrackRef, newest: StoredRecord, sinceMs: number): Promise<SegmentClosed[]> {
    const records: SegmentClosed[] = [];
    const read = { subject: subjectOf(track), sinceMs, through: newest.streamSequence, headersOnly: false };
    for await (const message of this.#read(read)) records.push(SegmentClosed.parse(message.json()));
    return records;
  }

  async append(record: SegmentClosed, expectedLastSequence: number): Promise<number> {
    const encoded = z.safeEncode(SegmentClosed, record);
    if (!encoded.success) {
      const { inputId, trackId, mediaSequence } = record;
      const which = `segment ${mediaSequence} of track ${trackId} of ${inputId}`;
      throw new RecordRefusedError(`${which}: ${z.prettifyError(encoded.error)}`);
    }
    return publishFact(this.#bus, subjectOf(record), encoded.data, { expectedLastSequence });
  }

  async #newest(subject: string): Promise<StoredRecord | undefined> {
    const message = await this.#bus.manager.direct.getMessage(JOURNAL_STREAM, { last_by_subj: subject });
    return message === null ? undefined : storedOf(message);
  }

  /** Ends at `through`, which must be a message of the subject that is not older than `sinceMs`. */
  async *#read(options: { subject: string; sinceMs: number; through: number; headersOnly: boolean }) {
    const consumer = await this.#bus.jetstream.consumers.get(JOURNAL_STREAM, {
      filter_subjects: options.subject,
      headers_only: options.headersOnly,
      deliver_policy: DeliverPolicy.StartTime,
      opt_start_time: new Date(options.sinceMs).toISOString(),
    });
    const messages = await consumer.consume({ max_bytes: READ_BYTES });
    try {
      for await (const message of messages) {
        yield message;
        if (message.seq >= options.through) return;
      }
    } finally {
      await messages.close();
    }
  }
}

const READ_BYTES = 4_194_304;

const subjectOf = (track: Pick<TrackRef, 'partition' | 'inputId' | 'trackId'>): string =>
  segmentClosedSubject.format({ partition: track.partition, inputId: track.inputId, trackId: track.trackId });

const storedOf = (message: StoredMsg): StoredRecord => ({
  record: SegmentClosed.parse(message.json()),
  streamSequence: message.seq,
  storedAtMs: message.time.getTime(),
});
