/** The names of one input's keys; the hash tag keeps them in one slot of a cluster, so that a script may touch them together. */
export class WindowKeys {
  readonly #prefix: string;

  constructor(inputId: string) {
    this.#prefix = `hw:{${inputId}}`;
  }

  /** The token that may write. */
  get fence(): string {
    return `${this.#prefix}:fence`;
  }

  /** Set of the track ids that have a window. */
  get tracks(): string {
    return `${this.#prefix}:tracks`;
  }

  /** Hash: `head`, `revision`, `first` (oldest media sequence kept), and one field for each closed segment under its media sequence. */
  window(trackId: number): string {
    return `${this.#prefix}:w:${trackId}`;
  }

  /** Bytes of one part. */
  part(trackId: number, mediaSequence: number, partIndex: number): string {
    return `${this.partPrefix(trackId)}${mediaSequence}:${partIndex}`;
  }

  /** What the part keys of a track begin with; `{mediaSequence}:{partIndex}` follows. */
  partPrefix(trackId: number): string {
    return `${this.#prefix}:p:${trackId}:`;
  }
}
