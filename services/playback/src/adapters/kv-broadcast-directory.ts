import type { BroadcastRow, broadcastsBucket } from '#shared/contracts';
import { KvMirror, type KvTable } from '#shared/messaging';
import { BroadcastDirectory } from '../ports.ts';

/** Broadcasts, kept by a watch on their bucket. */
export class KvBroadcastDirectory extends BroadcastDirectory {
  readonly #mirror = new KvMirror<(typeof broadcastsBucket)['row']>();

  /** Resolves once every row is known. */
  start(table: KvTable<(typeof broadcastsBucket)['row']>): Promise<void> {
    return this.#mirror.start(table);
  }

  stop(): void {
    this.#mirror.stop();
  }

  byId(broadcastId: string): BroadcastRow | undefined {
    return this.#mirror.get(broadcastId);
  }
}
