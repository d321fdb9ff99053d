import type { UnpackageableError } from './unpackageable-error.ts';

const MAX_TRIES = 3;
const MAX_REMEMBERED = 16_384;

/** Messages of MEDIA that a partition passes over, because they failed whenever they were tried. */
export class Quarantine {
  readonly #messages = new Set<number>();
  #suspect: number | undefined;
  #tries = 0;

  holds(streamSequence: number): boolean {
    return this.#messages.has(streamSequence);
  }

  /** Counts one more failure; true when its messages are passed over from now on. */
  failed({ streamSequences }: UnpackageableError): boolean {
    const suspect = streamSequences[0];
    this.#tries = suspect === this.#suspect ? this.#tries + 1 : 1;
    this.#suspect = suspect;
    if (this.#tries < MAX_TRIES) return false;
    for (const sequence of streamSequences) this.#messages.add(sequence);
    for (const oldest of this.#messages) {
      if (this.#messages.size <= MAX_REMEMBERED) break;
      this.#messages.delete(oldest);
    }
    return true;
  }
}
