import type { BroadcastRow, LiveInputRow, TrackWindow } from '#shared/contracts';
import { composeMultivariant } from '#hls';
import { growingCacheControl, type Answer, type PlaybackRequest } from '../domain/answer.ts';
import { StreamNotLiveError } from '../domain/errors.ts';
import type { ListKind } from '../domain/live-playlist.ts';
import { iFrameUris, nativeUris, suffixOf, threadedQuery } from '../domain/media-uris.ts';
import { summaryOf } from '../domain/presentation.ts';
import { IFRAMES_FILE } from '../domain/route.ts';
import { broadcastWindow, isFinal } from '../domain/window-playlist.ts';
import type { BroadcastDirectory, InputDirectory } from '../ports.ts';
import type { PlaylistRenders } from '../stores/playlist-renders.store.ts';
import type { DashAnswers } from './dash-answers.ts';
import { listedRevision, targetDurationOf } from './live-answers.ts';
import type { LivePresence, WindowView } from './live-presence.ts';
import type { MediaLists } from './media-lists.ts';

interface Broadcast {
  readonly input: LiveInputRow;
  readonly view: WindowView;
}

/** Answers of one broadcast's URL: nothing before it runs, ENDLIST once it has stopped, never reopened (design decision 13). */
export class BroadcastAnswers {
  constructor(
    private readonly options: {
      broadcasts: BroadcastDirectory;
      inputs: InputDirectory;
      presence: LivePresence;
      lists: MediaLists;
      dash: DashAnswers;
      renders: PlaylistRenders;
    },
  ) {}

  async multivariant(broadcastId: string, request: PlaybackRequest): Promise<Answer> {
    const { input, view } = this.#find(broadcastId);
    const listed = await this.options.presence.playable(input, view);
    const suffix = suffixOf(threadedQuery(new URLSearchParams(request.query)));
    const render = (): string =>
      composeMultivariant(
        listed.map(summaryOf),
        (trackId) => `${trackId}.m3u8${suffix}`,
        (trackId) => `${trackId}/${IFRAMES_FILE}${suffix}`,
      );
    const { renders } = this.options;
    const playlist = renders.get(`broadcast/${broadcastId}${suffix}`, listedRevision(listed), render);
    return playlist.answer(request, growingCacheControl(targetDurationOf(listed)));
  }

  async manifest(broadcastId: string, request: PlaybackRequest): Promise<Answer> {
    const { input, view } = this.#find(broadcastId);
    const suffix = suffixOf(threadedQuery(new URLSearchParams(request.query)));
    const base = `../../live/${input.externalId}/`;
    return this.options.dash.manifest({ row: input, view, base, suffix, request });
  }

  /** A media playlist or an I-frame playlist, under its delivery directives. */
  async media(
    { broadcastId, trackId, kind }: { broadcastId: string; trackId: number; kind: ListKind },
    request: PlaybackRequest,
  ): Promise<Answer> {
    const { input, view } = this.#find(broadcastId);
    const query = new URLSearchParams(request.query);
    const suffix = suffixOf(threadedQuery(query));
    const list = await this.options.lists.get({
      row: input,
      trackId,
      kind,
      view,
      key: `${view.key}/${kind}/${trackId}${suffix}`,
      query,
      urisOf: (window) =>
        kind === 'media'
          ? nativeUris(`../../live/${input.externalId}/`, window, suffix)
          : iFrameUris(`../../../live/${input.externalId}/${trackId}/`, suffix),
    });
    return list.playlist.answer(request, list.cacheControl);
  }

  #find(broadcastId: string): Broadcast {
    const row = this.options.broadcasts.byId(broadcastId);
    const input = row === undefined ? undefined : this.options.inputs.byId(row.inputId);
    if (row === undefined || input === undefined || (row.state !== 'running' && row.state !== 'stopped')) {
      throw new StreamNotLiveError(
        `broadcast: expected one that runs or has run, got ${row?.state ?? 'an unknown id'}`,
      );
    }
    return { input, view: viewOf(row) };
  }
}

/** The view is asked for at each request and each fact, and makes each window once. */
function viewOf(row: BroadcastRow): WindowView {
  const known = views.get(row);
  if (known !== undefined) return known;
  const windows = new WeakMap<TrackWindow, TrackWindow>();
  const view: WindowView = {
    key: `broadcast/${row.id}/${row.state}/${row.endEpochMs}`,
    of: (window) => {
      const made = windows.get(window) ?? broadcastWindow(window, row);
      windows.set(window, made);
      return made;
    },
    isEnded: (window, rules) => isFinal(window, row, rules),
  };
  views.set(row, view);
  return view;
}

const views = new WeakMap<BroadcastRow, WindowView>();
