import type { BroadcastRow, LiveInputRow } from '#shared/contracts';
import { composeMultivariant } from '#hls';
import { growingCacheControl, type Answer, type PlaybackRequest } from '../domain/answer.ts';
import { StreamNotLiveError } from '../domain/errors.ts';
import { summaryOf } from '../domain/presentation.ts';
import {
  broadcastSegments,
  nativeUris,
  revisionOf,
  suffixOf,
  threadedQuery,
  windowPlaylist,
} from '../domain/window-playlist.ts';
import type { BroadcastDirectory, InputDirectory } from '../ports.ts';
import type { PlaylistRenders } from '../stores/playlist-renders.store.ts';
import { listedRevision, targetDurationOf } from './live-answers.ts';
import type { LivePresence, WindowView } from './live-presence.ts';

interface Broadcast {
  readonly row: BroadcastRow;
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
      renders: PlaylistRenders;
      playlistWindowMs: number;
    },
  ) {}

  async multivariant(broadcastId: string, request: PlaybackRequest): Promise<Answer> {
    const { input, view } = this.#find(broadcastId);
    const listed = await this.options.presence.playable(input, view);
    const suffix = suffixOf(threadedQuery(new URLSearchParams(request.query)));
    const render = (): string => composeMultivariant(listed.map(summaryOf), (trackId) => `${trackId}.m3u8${suffix}`);
    const { renders } = this.options;
    const playlist =
      suffix === '' ? renders.get(`broadcast/${broadcastId}`, listedRevision(listed), render) : renders.once(render());
    return playlist.answer(request, growingCacheControl(targetDurationOf(listed)));
  }

  async media(broadcastId: string, trackId: number, request: PlaybackRequest): Promise<Answer> {
    const { row, input, view } = this.#find(broadcastId);
    const { segments, numbers } = await this.options.presence.track(input, trackId, view);
    const suffix = suffixOf(threadedQuery(new URLSearchParams(request.query)));
    const endList = row.state === 'stopped';
    const uris = nativeUris(`../../live/${input.externalId}/`, trackId, suffix);
    const { targetDurationSec } = numbers;
    const render = (): string => windowPlaylist(segments, { targetDurationSec, endList, uris });
    const { renders } = this.options;
    const playlist =
      suffix === ''
        ? renders.get(`broadcast/${broadcastId}/${trackId}`, revisionOf(segments, endList), render)
        : renders.once(render());
    return playlist.answer(request, growingCacheControl(targetDurationSec));
  }

  #find(broadcastId: string): Broadcast {
    const row = this.options.broadcasts.byId(broadcastId);
    const input = row === undefined ? undefined : this.options.inputs.byId(row.inputId);
    if (row === undefined || input === undefined || (row.state !== 'running' && row.state !== 'stopped')) {
      throw new StreamNotLiveError(
        `broadcast: expected one that runs or has run, got ${row?.state ?? 'an unknown id'}`,
      );
    }
    const view: WindowView = (windows) =>
      windows.map((window) => ({
        ...window,
        segments: [...broadcastSegments(window, row, this.options.playlistWindowMs)],
      }));
    return { row, input, view };
  }
}
