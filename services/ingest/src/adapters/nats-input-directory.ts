import type { OnApplicationShutdown } from '@nestjs/common';
import { liveInputsBucket, type LiveInputRow } from '#shared/contracts';
import { KvMirror, type Bus } from '#shared/messaging';
import { InputDirectory } from '../ports.ts';

/** The bucket `live_inputs` in memory, by both of its ids. */
export class NatsInputDirectory extends InputDirectory implements OnApplicationShutdown {
  readonly #mirror = new KvMirror<(typeof liveInputsBucket)['row']>();
  readonly #idByExternalId = new Map<string, string>();
  readonly #externalIdById = new Map<string, string>();

  private constructor() {
    super();
    this.#mirror.onChange((id, row) => this.#index(id, row));
  }

  /** Resolves once every present input is known. */
  static async open(bus: Bus): Promise<NatsInputDirectory> {
    const directory = new NatsInputDirectory();
    await directory.#mirror.start(await bus.table(liveInputsBucket));
    return directory;
  }

  override find(input: string): LiveInputRow | undefined {
    return this.#mirror.get(this.#idByExternalId.get(input) ?? input);
  }

  onApplicationShutdown(): void {
    this.#mirror.stop();
  }

  #index(id: string, row: LiveInputRow | undefined): void {
    const before = this.#externalIdById.get(id);
    if (before !== undefined) this.#idByExternalId.delete(before);
    if (row === undefined) {
      this.#externalIdById.delete(id);
      return;
    }
    this.#externalIdById.set(id, row.externalId);
    this.#idByExternalId.set(row.externalId, id);
  }
}
