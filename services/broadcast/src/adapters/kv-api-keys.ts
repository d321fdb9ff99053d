import type { OnModuleDestroy } from '@nestjs/common';
import { apiKeysBucket } from '#shared/contracts';
import { KvMirror, type Bus, type KvTable } from '#shared/messaging';
import { sha256Hex } from '../domain/live-input.ts';
import { ApiKeys } from '../ports.ts';

/** The bucket `api_keys`, in memory. Keys are found by their hash, so no comparison sees a key. */
export class KvApiKeys extends ApiKeys implements OnModuleDestroy {
  readonly #mirror = new KvMirror<(typeof apiKeysBucket)['row']>();

  private constructor(private readonly table: KvTable<(typeof apiKeysBucket)['row']>) {
    super();
  }

  static async open(this: void, bus: Bus): Promise<KvApiKeys> {
    const keys = new KvApiKeys(await bus.table(apiKeysBucket));
    await keys.#mirror.start(keys.table);
    return keys;
  }

  onModuleDestroy(): void {
    this.#mirror.stop();
  }

  override find(key: string): { orgId: string; scopes: string[] } | undefined {
    return this.#mirror.get(sha256Hex(key));
  }

  /** Makes a key that configuration names. */
  async ensure(key: string, owner: { orgId: string; label: string; scopes: string[] }): Promise<void> {
    const sha256 = sha256Hex(key);
    await this.table.put(sha256, { sha256, ...owner });
  }
}
