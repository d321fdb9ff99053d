interface Bucket {
  tokens: number;
  atMs: number;
}

/** Rates by key, in bounded memory: past `maxKeys` the key that was used longest ago is forgotten. */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();

  constructor(private readonly limits: { capacity: number; perSec: number; maxKeys: number }) {}

  /** Takes one token; false when the bucket of this key is empty. */
  take(key: string, nowMs: number): boolean {
    const bucket = this.#touch(key, nowMs);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Whether a token is there, without taking it. */
  has(key: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(key);
    return bucket === undefined || this.#refilled(bucket, nowMs) >= 1;
  }

  #touch(key: string, nowMs: number): Bucket {
    const known = this.#buckets.get(key);
    const bucket = { tokens: known === undefined ? this.limits.capacity : this.#refilled(known, nowMs), atMs: nowMs };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.limits.maxKeys) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    return bucket;
  }

  #refilled(bucket: Bucket, nowMs: number): number {
    const elapsedSec = Math.max(0, nowMs - bucket.atMs) / 1000;
    return Math.min(this.limits.capacity, bucket.tokens + elapsedSec * this.limits.perSec);
  }
}
