import type { Exchange } from '../exchange.ts';
import type { MediaPlaylist, Part } from '../model.ts';
import type { Session } from './session.ts';

const MAX_HELD = 4;

/** Asks for hinted parts the moment they are hinted, as a player does, and keeps the answers until the part is listed. */
export class HintWatch {
  readonly #held = new Map<string, Promise<Exchange | undefined>>();

  constructor(private readonly session: Session) {}

  /** Asks for the part that a playlist hints. */
  follow(playlist: MediaPlaylist): void {
    const hint = playlist.hints.find(({ attributes }) => attributes.get('TYPE') === 'PART');
    const uri = hint?.attributes.get('URI');
    if (uri === undefined || hint?.attributes.has('BYTERANGE-START') === true || this.#held.has(uri)) return;
    const url = new URL(uri, playlist.url).href;
    this.#held.set(uri, this.session.ask(url, { kind: 'media', targetDurationSec: playlist.targetDurationSec }));
    // A hint that was given up.
    if (this.#held.size > MAX_HELD) this.#held.delete(this.#held.keys().next().value ?? uri);
  }

  /** The answer to the hint of a part that is listed now; undefined when it was not hinted. */
  async take(part: Part): Promise<Exchange | undefined> {
    const held = this.#held.get(part.uri);
    this.#held.delete(part.uri);
    return held;
  }
}
