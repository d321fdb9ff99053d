import type { OnModuleDestroy } from '@nestjs/common';
import { liveInputsBucket, type LiveInputRow } from '#shared/contracts';
import { KvMirror, type Bus, type KvTable } from '#shared/messaging';
import { sharedName } from '../domain/live-input.ts';
import { LiveInputs } from '../ports.ts';

/** The bucket `live_inputs`, in memory. */
export class KvLiveInputs extends LiveInputs implements OnModuleDestroy {
  readonly #mirror = new KvMirror<(typeof liveInputsBucket)['row']>();
  /** Rows of this process that the watch has not shown yet: a created input is found at once. */
  readonly #fresh = new Map<string, LiveInputRow>();

  private constructor(private readonly table: KvTable<(typeof liveInputsBucket)['row']>) {
    super();
  }

  static async open(this: void, bus: Bus): Promise<KvLiveInputs> {
    const inputs = new KvLiveInputs(await bus.table(liveInputsBucket));
    inputs.#mirror.onChange((id) => inputs.#fresh.delete(id));
    await inputs.#mirror.start(inputs.table);
    return inputs;
  }

  onModuleDestroy(): void {
    this.#mirror.stop();
  }

  override find(orgId: string, id: string): LiveInputRow | undefined {
    return this.#all().find((row) => row.orgId === orgId && (row.id === id || row.externalId === id));
  }

  override list(orgId: string): LiveInputRow[] {
    return this.#all()
      .filter((row) => row.orgId === orgId)
      .toSorted((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1));
  }

  override clash(row: LiveInputRow): string | undefined {
    for (const other of this.#all()) {
      const shared = other.id === row.id ? undefined : sharedName(other, row);
      if (shared !== undefined) return shared;
    }
    return undefined;
  }

  override async create(row: LiveInputRow): Promise<void> {
    this.#fresh.set(row.id, row);
    try {
      await this.table.create(row.id, row);
    } catch (error) {
      this.#fresh.delete(row.id);
      throw error;
    }
  }

  override async replaceStreamKey(id: string, streamKeySha256: string): Promise<LiveInputRow> {
    const before = await this.table.get(id);
    if (before === undefined) throw new Error(`live input ${id}: expected a row, got none`);
    const row = { ...before.value, streamKeySha256 };
    await this.table.update(id, row, before.revision);
    return row;
  }

  #all(): LiveInputRow[] {
    const rows = this.#mirror.values();
    if (this.#fresh.size === 0) return rows;
    const fresh = [...this.#fresh.values()].filter((row) => this.#mirror.get(row.id) === undefined);
    return [...rows, ...fresh];
  }
}
