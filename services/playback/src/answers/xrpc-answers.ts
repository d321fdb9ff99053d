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
import { suffixOf, type MediaUris } from '../domain/media-uris.ts';
import { summaryOf } from '../domain/presentation.ts';
import {
  initHashOf,
  LIVE_PLAYLIST_NSID,
  LIVE_SEGMENT_NSID,
  PART_KEY,
  parseLivePlaylistParams,
  parseLiveSegmentParams,
  xrpcInitName,
  type LivePlaylistParams,
  type Streamer,
} from '../domain/xrpc.ts';
import { PLAYLIST_URGENCY } from '../domain/urgency.ts';
import type { HandleResolver, InputDirectory } from '../ports.ts';
import type { PlaylistRenders } from '../stores/playlist-renders.store.ts';
import type { ViewerSessions } from '../stores/viewer-sessions.store.ts';
import type { LiveMedia } from './live-media.ts';
import type { LiveParts } from './live-parts.ts';
import { WHOLE_WINDOW, type LivePresence } from './live-presence.ts';
import type { MediaLists } from './media-lists.ts';

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
      lists: MediaLists;
      parts: LiveParts;
      media: LiveMedia;
      renders: PlaylistRenders;
      sessions: ViewerSessions;
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
    // Without a session of its own each poll would count as one more viewer.
    if (params.sid === undefined) {
      await presence.track(found.row, params.trackId);
      return this.#redirect(found, params, { trackId: params.trackId, query: request.query });
    }
    this.options.sessions.see(params.sid);
    return this.#media(found, { ...params, sid: params.sid, trackId: params.trackId }, request);
  }

  async #multivariant({ row, did }: Found, params: LivePlaylistParams, request: PlaybackRequest): Promise<Answer> {
    // WebVTT files have no name in getLiveSegment.
    const listed = (await this.options.presence.playable(row)).filter(({ track }) => track.kind !== 'text');
    const { extraQuery, sid = this.options.sessions.mint() } = params;
    const text = composeMultivariant(listed.map(summaryOf), (trackId) =>
      playlistUriXrpc({ streamer: did, trackId, sid, extraQuery }),
    );
    return this.options.renders.once(text).answer(request, NO_CACHE);
  }

  /** The directives go along, last, as where they stood. */
  #redirect(
    { did }: Found,
    { extraQuery }: LivePlaylistParams,
    { trackId, query }: { trackId: number; query: string },
  ): Answer {
    const sid = this.options.sessions.mint();
    const directives = [...new URLSearchParams(query)].filter(([key]) => key.startsWith('_HLS_'));
    const suffix = directives.length === 0 ? '' : `&${new URLSearchParams(directives).toString()}`;
    const location = playlistUriXrpc({ streamer: did, trackId, sid, extraQuery }) + suffix;
    return {
      status: 302,
      headers: { location, 'cache-control': 'no-store', 'content-length': '0', priority: `u=${PLAYLIST_URGENCY}` },
    };
  }

  async #media(
    { row, did }: Found,
    { sid, trackId, extraQuery }: LivePlaylistParams & { sid: string; trackId: number },
    request: PlaybackRequest,
  ): Promise<Answer> {
    const { lists, renders } = this.options;
    const { playlist } = await lists.get({
      row,
      trackId,
      kind: 'media',
      view: WHOLE_WINDOW,
      key: `xrpc/${did}/${trackId}${suffixOf(extraQuery)}`,
      query: new URLSearchParams(request.query),
      urisOf: (window) => xrpcUris(window, { streamer: did, sid: SID_MARK, extraQuery }),
    });
    const template = playlist.body.toString('latin1');
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
    const { trackId } = window.track;
    if (segment.kind === 'media') return this.options.parts.segment(row, { trackId, ...segment }, request);
    if (segment.kind === 'part') return this.options.parts.part(row, { trackId, ...segment }, request);
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
  const newest = window.open ?? window.segments.at(-1);
  return {
    segment: (segment) => segmentUriXrpc(track, segment.mediaSequence),
    map: (segment) => segmentUriXrpc(track, xrpcInitName(segment, newest ?? segment)),
    // Init segments are named by epoch there (decision 10), and that is known with the part.
    nextMap: () => undefined,
    part: (mediaSequence, partIndex) => {
      const extraQuery = new URLSearchParams([...query.extraQuery, [PART_KEY, String(partIndex)]]);
      return segmentUriXrpc({ ...track, extraQuery }, mediaSequence);
    },
    mediaPlaylist: (trackId) => playlistUriXrpc({ ...query, trackId }),
  };
}
