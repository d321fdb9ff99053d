import type { Exchange } from '../exchange.ts';
import type { MediaPlaylist } from '../model.ts';
import { readPlaylist } from '../read-playlist.ts';
import { queryOf, withQuery, type Directives } from './directives.ts';
import { decodeText } from './presentation.ts';
import type { Session } from './session.ts';

/** An answer to a request for a media playlist. */
export interface Answer {
  readonly exchange: Exchange;
  /** Undefined when there was none. */
  readonly playlist: MediaPlaylist | undefined;
}

const PLAYER_PATIENCE_MS = 10_000;
/** How much longer than the rule allows a request is held on to. */
const HOLD_ROOM_MS = 2000;

/** One media playlist of a server. */
export class PlaylistSource {
  constructor(
    private readonly session: Session,
    readonly url: string,
  ) {}

  /** How long a blocked request is waited for, ms. */
  patienceMs({ targetDurationSec = 6 }: MediaPlaylist): number {
    return Math.min(3000 * targetDurationSec, PLAYER_PATIENCE_MS) + this.session.toleranceMs + HOLD_ROOM_MS;
  }

  /** The playlist as it is now; undefined when the watch ended. */
  plain(known: MediaPlaylist | undefined): Promise<Answer | undefined> {
    const targetDurationSec = known?.ended === true ? undefined : known?.targetDurationSec;
    return this.#ask(this.url, { kind: 'playlist', targetDurationSec });
  }

  /** The playlist once it has what the directives name. */
  blocking(directives: Directives, known: MediaPlaylist): Promise<Answer | undefined> {
    return this.ask(queryOf(directives), known);
  }

  /** Any other query. */
  ask(query: string, known: MediaPlaylist): Promise<Answer | undefined> {
    return this.#ask(withQuery(this.url, query), {
      kind: 'blocking_playlist',
      targetDurationSec: known.targetDurationSec,
      timeoutMs: this.patienceMs(known),
    });
  }

  async #ask(url: string, options: Parameters<Session['ask']>[1]): Promise<Answer | undefined> {
    const exchange = await this.session.ask(url, options);
    if (exchange === undefined) return undefined;
    return { exchange, playlist: exchange.status === 200 ? mediaPlaylistOf(exchange, this.url) : undefined };
  }
}

function mediaPlaylistOf({ body }: Exchange, url: string): MediaPlaylist | undefined {
  const playlist = readPlaylist(decodeText(body), url);
  return playlist.kind === 'media' ? playlist : undefined;
}
