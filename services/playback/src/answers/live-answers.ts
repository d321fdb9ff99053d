import type { LiveInputRow, TrackWindow } from '#shared/contracts';
import { composeMultivariant } from '#hls';
import { growingCacheControl, headerOf, IMMUTABLE, type Answer, type PlaybackRequest } from '../domain/answer.ts';
import { iFrameUris, nativeUris, suffixOf } from '../domain/media-uris.ts';
import { summaryOf } from '../domain/presentation.ts';
import { IFRAMES_FILE, type Route } from '../domain/route.ts';
import type { InitBytes } from '../stores/init-bytes.store.ts';
import type { PlaylistRenders } from '../stores/playlist-renders.store.ts';
import type { ViewerSessions } from '../stores/viewer-sessions.store.ts';
import type { WindowMirror } from '../stores/window-mirror.store.ts';
import type { DashAnswers } from './dash-answers.ts';
import type { LiveMedia } from './live-media.ts';
import type { LiveParts } from './live-parts.ts';
import { WHOLE_WINDOW, type LivePresence } from './live-presence.ts';
import type { MediaLists } from './media-lists.ts';

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
      mirror: WindowMirror;
      lists: MediaLists;
      dash: DashAnswers;
      parts: LiveParts;
      media: LiveMedia;
      inits: InitBytes;
      renders: PlaylistRenders;
      sessions: ViewerSessions;
    },
  ) {}

  async multivariant(route: RouteOf<'multivariant'>, { row, query, request }: LiveRequest): Promise<Answer> {
    const { presence, renders } = this.options;
    const listed = await presence.playable(row);
    const suffix = suffixOf(query);
    const { childBase } = route;
    const render = (): string =>
      composeMultivariant(
        listed.map(summaryOf),
        (trackId) => `${childBase}${trackId}.m3u8${suffix}`,
        (trackId) => `${childBase}${trackId}/${IFRAMES_FILE}${suffix}`,
      );
    const playlist = renders.get(`multivariant/${row.id}/${childBase}${suffix}`, listedRevision(listed), render);
    return playlist.answer(request, growingCacheControl(targetDurationOf(listed)));
  }

  /** The DASH manifest, in the folder of the input. */
  async manifest({ row, query, request }: LiveRequest): Promise<Answer> {
    return this.options.dash.manifest({ row, view: WHOLE_WINDOW, base: '', suffix: suffixOf(query), request });
  }

  /** A media playlist or an I-frame playlist, under its delivery directives. */
  async media(route: RouteOf<'media' | 'iframes'>, { row, query, request }: LiveRequest): Promise<Answer> {
    const { lists } = this.options;
    const suffix = suffixOf(query);
    const { trackId, kind } = route;
    const list = await lists.get({
      row,
      trackId,
      kind,
      view: WHOLE_WINDOW,
      key: `${kind}/${row.id}/${trackId}${suffix}`,
      query: new URLSearchParams(request.query),
      urisOf: (window) => (kind === 'media' ? nativeUris('', window, suffix) : iFrameUris('', suffix)),
    });
    this.#countViewer(row, request);
    return list.playlist.answer(request, list.cacheControl);
  }

  async segment(route: RouteOf<'segment'>, row: LiveInputRow, request: PlaybackRequest): Promise<Answer> {
    return this.options.parts.segment(row, route, request);
  }

  async part(route: RouteOf<'part'>, row: LiveInputRow, request: PlaybackRequest): Promise<Answer> {
    return this.options.parts.part(row, route, request);
  }

  /** A closed segment of a WebVTT track as a file of that format. */
  async textSegment(route: RouteOf<'text_segment'>, row: LiveInputRow, request: PlaybackRequest): Promise<Answer> {
    return this.options.parts.textSegment(row, route, request);
  }

  async init(route: RouteOf<'init'>, row: LiveInputRow, request: PlaybackRequest): Promise<Answer> {
    this.options.presence.refuseUnavailable(row);
    const initSha256 =
      (await this.#listedInit(route, row)) ?? (await this.options.inits.complete(row.id, route.hashPrefix));
    return this.options.media.init(row, initSha256, request, IMMUTABLE);
  }

  /** What a window names was just now given to players: it is there before any listing of the store has it. */
  async #listedInit({ trackId, hashPrefix }: RouteOf<'init'>, row: LiveInputRow): Promise<string | undefined> {
    const windows = await this.options.mirror.read(row.id).catch(() => []);
    const window = windows.find((candidate) => candidate.track.trackId === trackId);
    if (window === undefined) return undefined;
    if (window.open?.initSha256.startsWith(hashPrefix) === true) return window.open.initSha256;
    return window.segments.findLast(({ initSha256 }) => initSha256.startsWith(hashPrefix))?.initSha256;
  }

  /** Players that send CMCD name their session; the others are told apart by where they come from. */
  #countViewer(row: LiveInputRow, request: PlaybackRequest): void {
    const { sessions } = this.options;
    const cmcd = headerOf(request, 'cmcd-session') ?? new URLSearchParams(request.query).get('CMCD') ?? '';
    const sid = /(?:^|,)sid="([^"]{1,64})"/.exec(cmcd)?.[1];
    if (sid !== undefined) sessions.see(`cmcd:${sid}`);
    else
      sessions.seeAnonymous([row.id, request.remoteAddress, headerOf(request, 'user-agent') ?? ''], request.connection);
  }
}

/** The frozen target duration of an input. */
export const targetDurationOf = (windows: readonly TrackWindow[]): number => windows[0]?.numbers.targetDurationSec ?? 1;

/** What changes a multivariant playlist: tracks, and their bitrates with each closed segment. */
export const listedRevision = (windows: readonly TrackWindow[]): string =>
  windows.map((window) => `${window.track.trackId}:${window.fence}:${window.segments.at(-1)?.mediaSequence}`).join();
