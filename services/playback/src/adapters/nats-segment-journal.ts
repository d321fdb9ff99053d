import type { StoredMsg } from '@nats-io/jetstream';
import { JOURNAL_STREAM, SegmentClosed, segmentClosedSubject } from '#shared/contracts';
import type { Bus } from '#shared/messaging';
import { SegmentJournal, type JournalFinding } from '../ports.ts';
import { SingleFlight } from '../stores/single-flight.ts';

/** A record and where it lies in the stream. */
interface Stored {
  readonly record: SegmentClosed;
  readonly streamSequence: number;
}

/** Finds closed segments in the JetStream journal by halving it: a record is not stored under its number. */
export class NatsSegmentJournal extends SegmentJournal {
  readonly #searches = new SingleFlight<JournalFinding>();

  constructor(private readonly bus: Bus) {
    super();
  }

  async find(inputId: string, trackId: number, mediaSequence: number): Promise<JournalFinding> {
    const subject = segmentClosedSubject.pattern({ inputId, trackId });
    return this.#searches.run(`${subject}/${mediaSequence}`, () => this.#find(subject, mediaSequence));
  }

  async #find(subject: string, mediaSequence: number): Promise<JournalFinding> {
    const newest = storedOf(await this.#direct.getMessage(JOURNAL_STREAM, { last_by_subj: subject }));
    if (newest === undefined || mediaSequence > newest.record.mediaSequence) return 'never';
    const oldest = await this.#nextFrom(subject, 1);
    if (oldest === undefined || mediaSequence < oldest.record.mediaSequence) return 'forgotten';
    const before = await this.#lastBefore(subject, mediaSequence, { oldest, newest });
    const found = before === undefined ? oldest : await this.#nextFrom(subject, before.streamSequence + 1);
    if (found?.record.mediaSequence !== mediaSequence) return 'forgotten';
    return before?.record.mediaSequence === mediaSequence - 1
      ? { record: found.record, before: before.record }
      : { record: found.record };
  }

  /** The newest record with a lower number; undefined when the oldest kept one is the one asked for. */
  async #lastBefore(
    subject: string,
    mediaSequence: number,
    { oldest, newest }: { oldest: Stored; newest: Stored },
  ): Promise<Stored | undefined> {
    if (oldest.record.mediaSequence >= mediaSequence) return undefined;
    let low = oldest;
    let highSequence = newest.streamSequence;
    while (low.record.mediaSequence < mediaSequence - 1 && highSequence - low.streamSequence > 1) {
      const middle = Math.floor((low.streamSequence + highSequence) / 2);
      const probe = await this.#nextFrom(subject, middle);
      if (probe !== undefined && probe.record.mediaSequence < mediaSequence && probe.streamSequence < highSequence) {
        low = probe;
      } else {
        highSequence = middle;
      }
    }
    return low;
  }

  async #nextFrom(subject: string, streamSequence: number): Promise<Stored | undefined> {
    const query = { seq: streamSequence, next_by_subj: subject };
    return storedOf(await this.#direct.getMessage(JOURNAL_STREAM, query));
  }

  get #direct(): Bus['manager']['direct'] {
    return this.bus.manager.direct;
  }
}

const storedOf = (message: StoredMsg | null): Stored | undefined =>
  message === null ? undefined : { record: SegmentClosed.parse(message.json()), streamSequence: message.seq };
