/** Least recently used values, bounded by the sum of their sizes. */
export class SizedCache<T> {
  readonly #values = new Map<string, { readonly value: T; readonly size: number }>();
  readonly #limit: number;
  #total = 0;

  /** `limit` counts in the unit of the sizes that `set` is given. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The sum of the sizes held now. */
  get total(): number {
    return this.#total;
  }

  get(key: string): T | undefined {
    const found = this.#values.get(key);
    if (found === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, found);
    return found.value;
  }

  /** A value larger than the limit is not kept at all. */
  set(key: string, value: T, size: number): void {
    this.delete(key);
    if (size > this.#limit) return;
    this.#values.set(key, { value, size });
    this.#total += size;
    for (const oldest of this.#values.keys()) {
      if (this.#total <= this.#limit) return;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const found = this.#values.get(key);
    if (found === undefined) return;
    this.#values.delete(key);
    this.#total -= found.size;
  }
}
