import type { LiveInputRow, TrackWindow } from '#shared/contracts';
import { InvalidRequestError } from '#shared/errors';
import {
  decideReload,
  DeliveryDirectiveError,
  isReached,
  parseDeliveryDirectives,
  renderMediaPlaylist,
  type DeliveryDirectives,
  type PlaylistPosition,
} from '#hls';
import { blockedCacheControl, growingCacheControl } from '../domain/answer.ts';
import { MediaLateError, TrackNotFoundError } from '../domain/errors.ts';
import { edgeOf, livePlaylist, type ListKind } from '../domain/live-playlist.ts';
import type { MediaUris } from '../domain/media-uris.ts';
import type { RenderedPlaylist } from '../domain/rendered-playlist.ts';
import type { PlaylistRenders } from '../stores/playlist-renders.store.ts';
import type { Wish } from '../stores/waiting-room.ts';
import type { WindowMirror } from '../stores/window-mirror.store.ts';
import type { ListedTrack, LivePresence, WindowView } from './live-presence.ts';

/** Which live media playlist, of whom. */
export interface MediaListRequest {
  readonly row: LiveInputRow;
  readonly trackId: number;
  readonly kind: ListKind;
  readonly view: WindowView;
  /** Renders of the same key are the same text at the same revision. */
  readonly key: string;
  /** The whole query; only its delivery directives are looked at. */
  readonly query: URLSearchParams;
  readonly urisOf: (window: TrackWindow) => MediaUris;
}

/** A media playlist as it stands, and for how long caches may keep it. */
export interface MediaList {
  readonly window: TrackWindow;
  readonly playlist: RenderedPlaylist;
  readonly cacheControl: string;
}

/** Live media playlists under their delivery directives: blocking reload and delta updates (rfc8216bis 6.2.5). */
export class MediaLists {
  constructor(
    private readonly options: {
      presence: LivePresence;
      mirror: WindowMirror;
      renders: PlaylistRenders;
      playlistWindowMs: number;
      reconnectWindowMs: number;
    },
  ) {}

  /** Throws as LivePresence.track does, InvalidRequestError for directives that mean nothing, MediaLateError when what they wait for does not come. */
  async get(asked: MediaListRequest): Promise<MediaList> {
    const { presence } = this.options;
    const standing = await this.#standing(asked);
    // rfc8216bis 6.2.5.2: once a playlist has ended its directives are ignored, whatever they say.
    if (standing.isEnded) return this.#render(asked, standing, {});
    const directives = directivesOf(asked.query);
    const decision = decideReload(edgeOf(standing.window, asked.kind, false), directives);
    if (decision.kind === 'bad_request') throw new InvalidRequestError(decision.reason);
    if (decision.kind === 'ready') return this.#render(asked, standing, directives);
    const { mirror } = this.options;
    const { until } = decision;
    const later = await mirror.waitFor(asked.row.id, wishFor(asked, until), this.#holdMs(standing.window));
    const now = presence.trackOf(later ?? (await mirror.read(asked.row.id)), asked.trackId, asked.view);
    if (now === undefined) throw new TrackNotFoundError(`track ${asked.trackId}: left while a request waited for it`);
    if (later === undefined && !now.isEnded) {
      throw new MediaLateError(`${nameOf(until)}: not there within ${presence.holdMs(standing.window)} ms`);
    }
    return this.#render(asked, now, directives);
  }

  /** The track as this node knows it; read again where another node seems to be ahead of it. */
  async #standing({ row, trackId, view, kind, query }: MediaListRequest): Promise<ListedTrack> {
    const { presence, mirror } = this.options;
    const known = await presence.track(row, trackId, view);
    if (known.isEnded) return known;
    const decision = decideReload(edgeOf(known.window, kind, false), directivesOf(query));
    if (decision.kind !== 'bad_request') return known;
    await mirror.lookAgain(row.id);
    return presence.track(row, trackId, view);
  }

  /** Not beyond the moment when silence ends the playlist: that is an answer too. */
  #holdMs(window: TrackWindow): number {
    const { presence, reconnectWindowMs } = this.options;
    const untilSilentMs = window.lastAppendMs + reconnectWindowMs - presence.rules().nowMs;
    return Math.max(1, Math.min(presence.holdMs(window), untilSilentMs + 1));
  }

  #render(
    { kind, key, urisOf }: MediaListRequest,
    track: ListedTrack,
    { mediaSequence, skip }: DeliveryDirectives,
  ): MediaList {
    const { renders, playlistWindowMs: minWindowMs } = this.options;
    const { window, listed, all, isEnded, revision } = track;
    const playlist = renders.get(`${key} ${skip ?? ''}`, `${revision} ${isEnded}`, () => {
      const list = { kind, window, listed, all, isEnded, minWindowMs, uris: urisOf(window) };
      return renderMediaPlaylist(livePlaylist(list), skip === undefined ? {} : { skip });
    });
    const { targetDurationSec } = window.numbers;
    const isBlocking = mediaSequence !== undefined && !isEnded;
    const cacheControl = isBlocking ? blockedCacheControl(targetDurationSec) : growingCacheControl(targetDurationSec);
    return { window, playlist, cacheControl };
  }
}

/** Everybody who waits for the same place of the same list has the same wish. */
function wishFor({ trackId, kind, view }: MediaListRequest, until: PlaylistPosition): Wish<readonly TrackWindow[]> {
  return {
    key: `${view.key}/${trackId}/${kind}/${until.mediaSequence}.${until.partIndex}`,
    trackId,
    isFulfilled: (windows) => {
      const window = windows.find((candidate) => candidate.track.trackId === trackId);
      return window !== undefined && isReached(edgeOf(view.of(window), kind, false), until);
    },
  };
}

const nameOf = ({ mediaSequence, partIndex }: PlaylistPosition): string =>
  partIndex === undefined ? `segment ${mediaSequence}` : `part ${partIndex} of segment ${mediaSequence}`;

function directivesOf(query: URLSearchParams): DeliveryDirectives {
  try {
    return parseDeliveryDirectives(query);
  } catch (cause) {
    if (cause instanceof DeliveryDirectiveError) throw new InvalidRequestError(cause.message, { cause });
    throw cause;
  }
}
