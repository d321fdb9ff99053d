import type { KV } from '@nats-io/kv';
import { initSegmentKey } from '#shared/contracts';
import { BusUnavailableError } from '#shared/messaging';
import type { ObjectStore } from '#shared/object-store';
import { InitSegments } from '../ports.ts';

const archivePrefix = (inputId: string): string => `init/${inputId}/`;

/** Init segments from the bus, and those of days ago from the archive. */
export class StoredInitSegments extends InitSegments {
  constructor(
    private readonly kv: KV,
    private readonly objects: ObjectStore,
  ) {
    super();
  }

  async get(inputId: string, initSha256: string): Promise<Buffer | undefined> {
    const entry = await this.#onBus(() => this.kv.get(initSegmentKey(inputId, initSha256)));
    if (entry?.operation === 'PUT') return Buffer.from(entry.value);
    return this.objects.get(`${archivePrefix(inputId)}${initSha256}.mp4`);
  }

  async hashesOnBus(inputId: string): Promise<string[]> {
    return this.#onBus(async () => {
      const hashes: string[] = [];
      for await (const key of await this.kv.keys(initSegmentKey(inputId, '*'))) {
        hashes.push(key.slice(inputId.length + 1));
      }
      return hashes;
    });
  }

  async hashesInArchive(inputId: string): Promise<string[]> {
    const hashes: string[] = [];
    for await (const { key } of this.objects.list(archivePrefix(inputId))) {
      const initSha256 = /\/([0-9a-f]{64})\.mp4$/.exec(key)?.[1];
      if (initSha256 !== undefined) hashes.push(initSha256);
    }
    return hashes;
  }

  async #onBus<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      throw new BusUnavailableError('the init segment cannot be read now; try again', { cause });
    }
  }
}
