import type { OriginKey, originKeysBucket } from '#shared/contracts';
import type { KvTable } from '#shared/messaging';
import { OriginKeys, type Clock } from '../ports.ts';
import { SingleFlight } from '../stores/single-flight.ts';

const KEPT_MS = 1000;

/** The keys in their bucket, read at most once a second. */
export class KvOriginKeys extends OriginKeys {
  readonly #reads = new SingleFlight<OriginKey[]>();
  #kept: { readonly keys: OriginKey[]; readonly readAtMs: number } | undefined;

  constructor(
    private readonly table: KvTable<(typeof originKeysBucket)['row']>,
    private readonly clock: Clock,
  ) {
    super();
  }

  async all(): Promise<OriginKey[]> {
    if (this.#kept !== undefined && this.clock.nowMs() - this.#kept.readAtMs < KEPT_MS) return this.#kept.keys;
    return this.#reads.run('all', async () => {
      const rows = await this.table.list();
      const keys = rows.map(({ value }) => value).toSorted((a, b) => a.createdAtMs - b.createdAtMs);
      this.#kept = { keys, readAtMs: this.clock.nowMs() };
      return keys;
    });
  }
}
