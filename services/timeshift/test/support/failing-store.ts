import { ObjectStore, StoreUnavailableError, type StoredObject } from '#shared/object-store';

/** A store that lets only some writes through: what a process that dies at that point leaves behind. */
export class FailingStore extends ObjectStore {
  failedPuts = 0;

  constructor(
    private readonly inner: ObjectStore,
    private readonly refuses: (key: string) => boolean,
  ) {
    super();
  }

  override async put(key: string, bytes: Uint8Array, contentType?: string): Promise<void> {
    if (this.refuses(key)) {
      this.failedPuts += 1;
      throw new StoreUnavailableError(`put ${key}: refused by the test`);
    }
    await this.inner.put(key, bytes, contentType);
  }

  override ensureBucket(): Promise<void> {
    return this.inner.ensureBucket();
  }

  override get(key: string): Promise<Buffer | undefined> {
    return this.inner.get(key);
  }

  override getRange(key: string, offsetBytes: number, lengthBytes: number): Promise<Buffer> {
    return this.inner.getRange(key, offsetBytes, lengthBytes);
  }

  override list(prefix: string): AsyncIterable<StoredObject> {
    return this.inner.list(prefix);
  }

  override folders(prefix: string): AsyncIterable<string> {
    return this.inner.folders(prefix);
  }

  override remove(keys: readonly string[]): Promise<void> {
    return this.inner.remove(keys);
  }
}
