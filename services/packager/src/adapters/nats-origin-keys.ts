import { originKeysBucket, type OriginKey } from '#shared/contracts';
import { KvConflictError, type Bus } from '#shared/messaging';
import type { OriginKeys } from '../ports.ts';

/** Public keys in JetStream KV. */
export class NatsOriginKeys implements OriginKeys {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  async publish(key: OriginKey): Promise<void> {
    const table = await this.#bus.table(originKeysBucket);
    try {
      await table.create(key.keyId, key);
    } catch (error) {
      if (!(error instanceof KvConflictError)) throw error;
    }
  }
}
