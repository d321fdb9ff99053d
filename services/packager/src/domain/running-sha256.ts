import { createHash, type Hash } from 'node:crypto';

/** A SHA-256 over bytes seen so far, as a value: adding gives a new one and leaves this one as it was. */
export class RunningSha256 {
  readonly #hash: Hash;

  constructor(hash: Hash = createHash('sha256')) {
    this.#hash = hash;
  }

  add(bytes: Uint8Array): RunningSha256 {
    return new RunningSha256(this.#hash.copy().update(bytes));
  }

  /** Lowercase hexadecimal. */
  hex(): string {
    return this.#hash.copy().digest('hex');
  }
}

/** SHA-256 of one piece, lowercase hexadecimal. */
export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
