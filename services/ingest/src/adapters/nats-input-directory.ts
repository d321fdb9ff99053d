import type { OnApplicationShutdown } from '@nestjs/common';
import { liveInputsBucket, type LiveInputRow } from '#shared/contracts';
import { KvMirror, type Bus } from '#shared/messaging';
import { InputDirectory } from '../ports.ts';

/** The answer to `create` and the change in the bucket race each other to different processes. */
const NEWS_WITHIN_MS = 300;
/** Beyond this many, strangers get their 404 at once. */
const MAX_WAITING = 500;

/** The bucket `live_inputs` in memory, by both of its ids. */
export class NatsInputDirectory extends InputDirectory implements OnApplicationShutdown {
  readonly #mirror = new KvMirror<(typeof liveInputsBucket)['row']>();
  readonly #idByExternalId = new Map<string, string>();
  readonly #externalIdById = new Map<string, string>();
  #waiting = 0;

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

  override async find(input: string): Promise<LiveInputRow | undefined> {
    const known = this.#known(input);
    if (known !== undefined || this.#waiting >= MAX_WAITING) return known;
    this.#waiting += 1;
    try {
      return await this.#newsOf(input);
    } finally {
      this.#waiting -= 1;
    }
  }

  #newsOf(input: string): Promise<LiveInputRow | undefined> {
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        unsubscribe();
        resolve(this.#known(input));
      };
      const timer = setTimeout(settle, NEWS_WITHIN_MS);
      const unsubscribe = this.#mirror.onChange(() => {
        if (this.#known(input) !== undefined) settle();
      });
    });
  }

  #known(input: string): LiveInputRow | undefined {
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
