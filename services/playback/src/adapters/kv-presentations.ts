import type { presentationsBucket, PresentationNumbers } from '#shared/contracts';
import type { KvTable } from '#shared/messaging';
import { Presentations } from '../ports.ts';

const MAX_KEPT = 10_000;

/** Frozen playlist numbers; a row never changes, so one read per input is enough. */
export class KvPresentations extends Presentations {
  readonly #kept = new Map<string, PresentationNumbers>();

  constructor(private readonly table: KvTable<(typeof presentationsBucket)['row']>) {
    super();
  }

  async numbersOf(inputId: string): Promise<PresentationNumbers | undefined> {
    const kept = this.#kept.get(inputId);
    if (kept !== undefined) return kept;
    const row = await this.table.get(inputId);
    if (row === undefined) return undefined;
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(inputId, row.value);
    return row.value;
  }
}
