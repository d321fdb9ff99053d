/** A stored object as a listing names it. */
export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly lastModifiedMs: number;
}

/**
 * The archive's door to S3: one bucket, only what every S3 has (put, get with range, list, multipart, delete).
 * Every method throws StoreUnavailableError when the store did not answer in time, after bounded retries.
 */
export abstract class ObjectStore {
  /** Makes the bucket when it is absent; safe to run from every process at once. */
  abstract ensureBucket(): Promise<void>;

  /** Writes an object whole, over whatever was there; durable when it resolves. */
  abstract put(key: string, bytes: Uint8Array, contentType?: string): Promise<void>;

  /** The whole object; undefined when there is none. */
  abstract get(key: string): Promise<Buffer | undefined>;

  /** Exactly `lengthBytes` from `offsetBytes`; throws ObjectNotFoundError when the object is absent or shorter. */
  abstract getRange(key: string, offsetBytes: number, lengthBytes: number): Promise<Buffer>;

  /** Objects under a prefix in the order of their keys, page by page. */
  abstract list(prefix: string): AsyncIterable<StoredObject>;

  /** The folders directly under a prefix that ends in `/`, each ending in `/`. */
  abstract folders(prefix: string): AsyncIterable<string>;

  /** Removes objects; absent ones count as removed. */
  abstract remove(keys: readonly string[]): Promise<void>;
}
