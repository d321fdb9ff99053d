import { hourOf } from '#timeline';
import type { SegmentClosed } from '#shared/contracts';
import type { TimelineIndex } from '#shared/timeline-index';
import { lastSequences } from './domain/archived-tracks.ts';
import type { TimeshiftService } from './timeshift.service.ts';

const REMEMBERED_INPUTS = 10_000;

/** Where each track of a partition stands: the index is asked once per input, then the journal is counted along. */
export class ArchivedTracks {
  readonly #index: TimelineIndex;
  readonly #service: TimeshiftService;
  readonly #throughByInput = new Map<string, Map<number, number>>();

  constructor(index: TimelineIndex, service: TimeshiftService) {
    this.#index = index;
    this.#service = service;
  }

  /** Whether a record is in the archive already; media sequences that the journal skipped are told as lost. */
  async place(closed: SegmentClosed): Promise<'archived' | 'next'> {
    const { inputId, trackId, mediaSequence } = closed;
    const through = (await this.#throughOf(closed)).get(trackId);
    if (through === undefined || mediaSequence === through + 1) return 'next';
    if (mediaSequence <= through) return 'archived';
    await this.#service.tellLost({
      inputId,
      trackId,
      fromMediaSequence: through + 1,
      toMediaSequence: mediaSequence - 1,
      detail: 'the journal dropped the records before they were archived',
    });
    return 'next';
  }

  /** The record is taken over for archiving. */
  advance({ inputId, trackId, mediaSequence }: SegmentClosed): void {
    const through = this.#throughByInput.get(inputId) ?? new Map<number, number>();
    through.set(trackId, mediaSequence);
    // The busiest go to the end, so that only an input that sleeps is forgotten.
    this.#throughByInput.delete(inputId);
    this.#throughByInput.set(inputId, through);
  }

  async #throughOf({ inputId, startEpochMs }: SegmentClosed): Promise<Map<number, number>> {
    const known = this.#throughByInput.get(inputId);
    if (known !== undefined) return known;
    const through = await this.#readIndex(inputId, hourOf(startEpochMs) - 1);
    await this.#service.tellArchived(inputId, through);
    if (this.#throughByInput.size >= REMEMBERED_INPUTS) this.#forgetOldest();
    this.#throughByInput.set(inputId, through);
    return through;
  }

  async #readIndex(inputId: string, fromHour: number): Promise<Map<number, number>> {
    const hours = (await this.#index.durableHours(inputId)).filter((hour) => hour >= fromHour);
    const rows = await Promise.all(hours.map((hour) => this.#index.durableRows(inputId, hour)));
    return lastSequences(rows.flat());
  }

  #forgetOldest(): void {
    for (const inputId of this.#throughByInput.keys()) {
      this.#throughByInput.delete(inputId);
      return;
    }
  }
}
