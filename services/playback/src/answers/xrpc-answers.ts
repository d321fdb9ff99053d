import type { LiveInputRow, TrackWindow } from '#shared/contracts';
import { InvalidRequestError } from '#shared/errors';
import { composeMultivariant, playlistUriXrpc, segmentUriXrpc } from '#hls';
import { NO_CACHE, type Answer, type PlaybackRequest } from '../domain/answer.ts';
import {
  MethodNotImplementedError,
  SegmentNotFoundError,
  StreamNotLiveError,
  TrackNotFoundError,
} from '../domain/errors.ts';
import { isSilent, summaryOf } from '../domain/presentation.ts';
import { revisionOf, shownSegments, windowPlaylist, type MediaUris } from '../domain/window-playlist.ts';
import {
  initHashOf,
  LIVE_PLAYLIST_NSID,
  LIVE_SEGMENT_NSID,
  parseLivePlaylistParams,
  parseLiveSegmentParams,
  xrpcInitName,
  type LivePlaylistParams,
  type Streamer,
} from '../domain/xrpc.ts';
import type { HandleResolver, InputDirectory } from '../ports.ts';
import type { PlaylistRenders } from '../stores/playlist-renders.store.ts';
import type { ViewerSessions } from '../stores/viewer-sessions.store.ts';
import type { LiveMedia } from './live-media.ts';
import type { LivePresence } from './live-presence.ts';

/** Stands for the session in the shared render; no percent-encoding touches it and no DID contains it. */
const SID_MARK = '~sid~';

interface Found {
  readonly row: LiveInputRow;
  readonly did: string;
}

/** Answers of place.stream.playback.* (contract: streamplace.md). */
export class XrpcAnswers {
  constructor(
    private readonly options: {
      inputs: InputDirectory;
      resolver: HandleResolver;
      presence: LivePresence;
      media: LiveMedia;
      renders: PlaylistRenders;
      sessions: ViewerSessions;
      playlistWindowMs: number;
    },
  ) {}

  async answer(nsid: string, request: PlaybackRequest): Promise<Answer> {
    if (nsid !== LIVE_PLAYLIST_NSID && nsid !== LIVE_SEGMENT_NSID) {
      throw new MethodNotImplementedError(`expected ${LIVE_PLAYLIST_NSID} or ${LIVE_SEGMENT_NSID}`);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new InvalidRequestError(`method: expected GET or HEAD for a query, got ${request.method}`);
    }
    return nsid === LIVE_PLAYLIST_NSID ? this.#playlist(request) : this.#segment(request);
  }

  async #playlist(request: PlaybackRequest): Promise<Answer> {
    const params = parseLivePlaylistParams(new URLSearchParams(request.query));
    const found = await this.#find(params.streamer);
    const { presence } = this.options;
    if (params.trackId === undefined) return this.#multivariant(found, params, request);
    if (params.trackId === 'unknown') {
      await presence.playable(found.row);
      throw new TrackNotFoundError('track: expected the decimal id of a track');
    }
    const window = await presence.track(found.row, params.trackId);
    // Without a session of its own each poll would count as one more viewer.
    if (params.sid === undefined) return this.#redirect(found, params, window);
    this.options.sessions.see(params.sid);
    return this.#media(found, { ...params, sid: params.sid }, window, request);
  }

  async #multivariant({ row, did }: Found, params: LivePlaylistParams, request: PlaybackRequest): Promise<Answer> {
    const listed = await this.options.presence.playable(row);
    const { extraQuery, sid = this.options.sessions.mint() } = params;
    const text = composeMultivariant(listed.map(summaryOf), (trackId) =>
      playlistUriXrpc({ streamer: did, trackId, sid, extraQuery }),
    );
    return this.options.renders.once(text).answer(request, NO_CACHE);
  }

  #redirect({ did }: Found, { extraQuery }: LivePlaylistParams, window: TrackWindow): Answer {
    const sid = this.options.sessions.mint();
    const location = playlistUriXrpc({ streamer: did, trackId: window.track.trackId, sid, extraQuery });
    return { status: 302, headers: { location, 'cache-control': 'no-store', 'content-length': '0' } };
  }

  #media(
    { did }: Found,
    { sid, extraQuery }: LivePlaylistParams & { sid: string },
    window: TrackWindow,
    request: PlaybackRequest,
  ): Answer {
    const { presence, renders, playlistWindowMs } = this.options;
    const segments = shownSegments(window, playlistWindowMs);
    const endList = isSilent(window, presence.rules());
    const { targetDurationSec } = window.numbers;
    const render = (): string => {
      const uris = xrpcUris(window, { streamer: did, sid: SID_MARK, extraQuery });
      return windowPlaylist(segments, { targetDurationSec, endList, uris });
    };
    const template =
      extraQuery.size === 0
        ? renders
            .get(`xrpc/${did}/${window.track.trackId}`, revisionOf(segments, endList), render)
            .body.toString('latin1')
        : render();
    return renders.once(template.replaceAll(SID_MARK, sid)).answer(request, NO_CACHE);
  }

  async #segment(request: PlaybackRequest): Promise<Answer> {
    const params = parseLiveSegmentParams(new URLSearchParams(request.query));
    const { row } = await this.#find(params.streamer);
    const windows = await this.options.presence.windowed(row);
    if (params.sid !== undefined) this.options.sessions.see(params.sid);
    const window = windows.find((candidate) => candidate.track.trackId === params.trackId);
    if (window === undefined) throw new SegmentNotFoundError('track: no such one in this stream');
    const { segment } = params;
    if (segment.kind === 'media') return this.options.media.segment(row, window, segment.mediaSequence, request);
    return this.options.media.init(row, initHashOf(window, segment), request, NO_CACHE);
  }

  async #find(streamer: Streamer): Promise<Found> {
    const found = streamer.kind === 'did' ? this.#byDid(streamer.did) : await this.#byHandle(streamer.handle);
    if (found === undefined) throw new StreamNotLiveError('this streamer has no live stream here');
    return found;
  }

  #byDid(did: string): Found | undefined {
    const row = this.options.inputs.byIdentity(did);
    return row === undefined ? undefined : { row, did };
  }

  /** The static map first; a server elsewhere is asked only where it is configured. */
  async #byHandle(handle: string): Promise<Found | undefined> {
    const row = this.options.inputs.byIdentity(handle);
    const known = row?.identities.find((identity) => identity.startsWith('did:'));
    const did = known ?? (await this.options.resolver.resolve(handle));
    if (did === undefined) return undefined;
    return row === undefined ? this.#byDid(did) : { row, did };
  }
}

function xrpcUris(
  window: TrackWindow,
  query: { streamer: string; sid: string; extraQuery: URLSearchParams },
): MediaUris {
  const track = { ...query, trackId: window.track.trackId };
  const newest = window.segments.at(-1);
  return {
    segment: (segment) => segmentUriXrpc(track, segment.mediaSequence),
    map: (segment) => segmentUriXrpc(track, xrpcInitName(segment, newest ?? segment)),
  };
}
