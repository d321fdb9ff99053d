import type { LiveInputRow, TrackWindow } from '#shared/contracts';
import { composeMultivariant } from '#hls';
import { growingCacheControl, headerOf, IMMUTABLE, type Answer, type PlaybackRequest } from '../domain/answer.ts';
import { isSilent, summaryOf } from '../domain/presentation.ts';
import type { Route } from '../domain/route.ts';
import { nativeUris, revisionOf, shownSegments, suffixOf, windowPlaylist } from '../domain/window-playlist.ts';
import type { InitBytes } from '../stores/init-bytes.store.ts';
import type { PlaylistRenders } from '../stores/playlist-renders.store.ts';
import type { ViewerSessions } from '../stores/viewer-sessions.store.ts';
import type { LiveMedia } from './live-media.ts';
import type { LivePresence } from './live-presence.ts';

type RouteOf<K extends Route['kind']> = Extract<Route, { kind: K }>;

/** A request for the live edge of a known input; `query` is what playlists hand on to what they list. */
export interface LiveRequest {
  readonly row: LiveInputRow;
  readonly query: URLSearchParams;
  readonly request: PlaybackRequest;
}

/** Answers of the native live URLs. */
export class LiveAnswers {
  constructor(
    private readonly options: {
      presence: LivePresence;
      media: LiveMedia;
      inits: InitBytes;
      renders: PlaylistRenders;
      sessions: ViewerSessions;
      playlistWindowMs: number;
    },
  ) {}

  async multivariant(route: RouteOf<'multivariant'>, { row, query, request }: LiveRequest): Promise<Answer> {
    const { presence, renders } = this.options;
    const listed = await presence.playable(row);
    const suffix = suffixOf(query);
    const render = (): string =>
      composeMultivariant(listed.map(summaryOf), (trackId) => `${route.childBase}${trackId}.m3u8${suffix}`);
    const playlist =
      suffix === ''
        ? renders.get(`multivariant/${row.id}/${route.childBase}`, listedRevision(listed), render)
        : renders.once(render());
    return playlist.answer(request, growingCacheControl(targetDurationOf(listed)));
  }

  async media(route: RouteOf<'media'>, { row, query, request }: LiveRequest): Promise<Answer> {
    const { presence, renders, playlistWindowMs } = this.options;
    const window = await presence.track(row, route.trackId);
    this.#countViewer(row, request);
    const segments = shownSegments(window, playlistWindowMs);
    const endList = isSilent(window, presence.rules());
    const { targetDurationSec } = window.numbers;
    const suffix = suffixOf(query);
    const render = (): string =>
      windowPlaylist(segments, { targetDurationSec, endList, uris: nativeUris('', route.trackId, suffix) });
    const playlist =
      suffix === ''
        ? renders.get(`media/${row.id}/${route.trackId}`, revisionOf(segments, endList), render)
        : renders.once(render());
    return playlist.answer(request, growingCacheControl(targetDurationSec));
  }

  async segment(route: RouteOf<'segment'>, row: LiveInputRow, request: PlaybackRequest): Promise<Answer> {
    const windows = await this.options.presence.windowed(row);
    const window = windows.find((candidate) => candidate.track.trackId === route.trackId);
    return this.options.media.segment(row, window, route.mediaSequence, request);
  }

  async init(route: RouteOf<'init'>, row: LiveInputRow, request: PlaybackRequest): Promise<Answer> {
    this.options.presence.refuseUnavailable(row);
    const initSha256 = await this.options.inits.complete(row.id, route.hashPrefix);
    return this.options.media.init(row, initSha256, request, IMMUTABLE);
  }

  /** Players that send CMCD name their session; the others are told apart by where they come from. */
  #countViewer(row: LiveInputRow, request: PlaybackRequest): void {
    const { sessions } = this.options;
    const cmcd = headerOf(request, 'cmcd-session') ?? new URLSearchParams(request.query).get('CMCD') ?? '';
    const sid = /(?:^|,)sid="([^"]{1,64})"/.exec(cmcd)?.[1];
    if (sid !== undefined) sessions.see(`cmcd:${sid}`);
    else sessions.seeAnonymous([row.id, request.remoteAddress, headerOf(request, 'user-agent') ?? '']);
  }
}

/** The frozen target duration of an input. */
export const targetDurationOf = (windows: readonly TrackWindow[]): number => windows[0]?.numbers.targetDurationSec ?? 1;

/** What changes a multivariant playlist: tracks, and their bitrates with each closed segment. */
export const listedRevision = (windows: readonly TrackWindow[]): string =>
  windows.map((window) => `${window.track.trackId}:${window.fence}:${window.segments.at(-1)?.mediaSequence}`).join();
