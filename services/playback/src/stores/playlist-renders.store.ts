import type { Counter } from 'prom-client';
import { RenderedPlaylist } from '../domain/rendered-playlist.ts';
import { SizedCache } from './sized-cache.ts';

/** One render per playlist and revision, shared by everybody who asks; bounded in bytes. */
export class PlaylistRenders {
  readonly #cache: SizedCache<{ readonly revision: string; readonly playlist: RenderedPlaylist }>;
  readonly #renders: Counter<string>;

  constructor(limitBytes: number, renders: Counter<string>) {
    this.#cache = new SizedCache(limitBytes);
    this.#renders = renders;
  }

  /** The playlist of `key` at `revision`; `render` runs only when that is not the one held. */
  get(key: string, revision: string, render: () => string, contentType?: string): RenderedPlaylist {
    const held = this.#cache.get(key);
    if (held?.revision === revision) return held.playlist;
    const playlist = this.once(render(), contentType);
    this.#cache.set(key, { revision, playlist }, playlist.sizeBytes);
    return playlist;
  }

  /** A playlist for one viewer. */
  once(text: string, contentType?: string): RenderedPlaylist {
    this.#renders.inc();
    return new RenderedPlaylist(text, contentType);
  }
}
