import type { LiveInputRow } from '#shared/contracts';
import { parseTimeShift } from '#timeline';
import type { BroadcastAnswers } from './answers/broadcast-answers.ts';
import type { DashAnswers } from './answers/dash-answers.ts';
import type { LiveAnswers } from './answers/live-answers.ts';
import type { ProvenanceAnswers } from './answers/provenance-answers.ts';
import type { ShiftAnswers } from './answers/shift-answers.ts';
import type { TimelineAnswers } from './answers/timeline-answers.ts';
import type { XrpcAnswers } from './answers/xrpc-answers.ts';
import type { CmcdLog } from './cmcd/cmcd-log.ts';
import { refusalOf, type Answer, type PlaybackRequest } from './domain/answer.ts';
import { StreamNotLiveError, UnknownPathError } from './domain/errors.ts';
import { parseRoute, type Route, type StreamRef } from './domain/route.ts';
import { threadedQuery } from './domain/media-uris.ts';
import type { Clock, InputDirectory } from './ports.ts';
import type { RequestLog } from './request-log.ts';

type PlaylistRoute = Extract<Route, { kind: 'multivariant' | 'manifest' | 'media' | 'iframes' }>;

type RouteOf<K extends Route['kind']> = Extract<Route, { kind: K }>;
/** Who answers each kind of route. */
type Answerers = {
  readonly [K in Route['kind']]: (route: RouteOf<K>, request: PlaybackRequest) => Promise<Answer>;
};

const NO_QUERY = new URLSearchParams();

/** Every answer to a player. The fast path and the router both come here; an error is an answer too. */
export class PlaybackService {
  constructor(
    private readonly options: {
      inputs: InputDirectory;
      live: LiveAnswers;
      broadcasts: BroadcastAnswers;
      shift: ShiftAnswers;
      xrpc: XrpcAnswers;
      timeline: TimelineAnswers;
      dash: DashAnswers;
      provenance: ProvenanceAnswers;
      log: RequestLog;
      cmcd: CmcdLog;
      clock: Clock;
      maxRangeMs: number;
    },
  ) {}

  readonly #answerers: Answerers = {
    multivariant: (route, request) => this.#playlist(route, request),
    manifest: (route, request) => this.#playlist(route, request),
    media: (route, request) => this.#playlist(route, request),
    iframes: (route, request) => this.#playlist(route, request),
    segment: (route, request) => this.options.live.segment(route, this.#inputOf(route.ref), request),
    part: (route, request) => this.options.live.part(route, this.#inputOf(route.ref), request),
    text_segment: (route, request) => this.options.live.textSegment(route, this.#inputOf(route.ref), request),
    init: (route, request) => this.options.live.init(route, this.#inputOf(route.ref), request),
    shift_segment: (route, request) => this.options.shift.segment(route, this.#inputOf(route.ref), request),
    broadcast_multivariant: (route, request) => this.options.broadcasts.multivariant(route.broadcastId, request),
    broadcast_manifest: (route, request) => this.options.broadcasts.manifest(route.broadcastId, request),
    broadcast_media: (route, request) => this.options.broadcasts.media({ ...route, kind: 'media' }, request),
    broadcast_iframes: (route, request) => this.options.broadcasts.media({ ...route, kind: 'iframes' }, request),
    xrpc: (route, request) => this.options.xrpc.answer(route.nsid, request),
    timeline: (_route, request) => this.options.timeline.query(request),
    time: () => Promise.resolve(this.options.dash.time()),
    provenance_keys: (_route, request) => this.options.provenance.keys(request),
    provenance_track: (route, request) => this.options.provenance.track(route, this.#inputOf(route.ref), request),
    provenance_segment: (route, request) => this.options.provenance.segment(route, this.#inputOf(route.ref), request),
  };

  /** Never rejects. `route` is that of the request's path, where the caller knows it already. */
  async answer(request: PlaybackRequest, route = parseRoute(request.path)): Promise<Answer> {
    const startedMs = performance.now();
    this.options.cmcd.record(request);
    let answer: Answer;
    try {
      answer = await this.#answerTo(route, request);
    } catch (cause) {
      answer = refusalOf(cause);
    }
    this.options.log.answered(route?.kind ?? 'unknown', request, answer, performance.now() - startedMs);
    return answer;
  }

  // Thousands may wait here for the same part: what leads to the waiting is no chain of async functions, each of which would be kept for everybody.
  #answerTo(route: Route | undefined, request: PlaybackRequest): Promise<Answer> {
    if (route === undefined) throw new UnknownPathError('no such path on the playback service');
    return answerBy(this.#answerers, { kind: route.kind, route, request });
  }

  /** Time parameters choose between the live edge and the timeline (time-shift.md D-10). */
  #playlist(route: PlaylistRoute, request: PlaybackRequest): Promise<Answer> {
    const row = this.#inputOf(route.ref);
    if (request.query === '') return this.#live(route, row, NO_QUERY, request);
    const threaded = threadedQuery(new URLSearchParams(request.query));
    if (threaded.size === 0) return this.#live(route, row, threaded, request);
    const { clock, maxRangeMs, shift } = this.options;
    const parsed = parseTimeShift(threaded, { nowMs: clock.nowMs(), maxRangeMs });
    const query = parsed.childQuery;
    if (parsed.request.kind === 'live' && parsed.request.windowMs === undefined) {
      return this.#live(route, row, query, request);
    }
    if (route.kind === 'iframes' || route.kind === 'manifest') {
      throw new UnknownPathError('time parameters: expected on multivariant and media playlists only');
    }
    const asked = { row, shift: parsed.request, query, request };
    return route.kind === 'multivariant' ? shift.multivariant(route, asked) : shift.media(route, asked);
  }

  #live(route: PlaylistRoute, row: LiveInputRow, query: URLSearchParams, request: PlaybackRequest): Promise<Answer> {
    const asked = { row, query, request };
    const { live } = this.options;
    if (route.kind === 'manifest') return live.manifest(asked);
    return route.kind === 'multivariant' ? live.multivariant(route, asked) : live.media(route, asked);
  }

  #inputOf(ref: StreamRef): LiveInputRow {
    const row = this.options.inputs.byRef(ref);
    if (row !== undefined) return row;
    throw new StreamNotLiveError(`no stream ${ref.app}/${ref.stream}`);
  }
}

/** The kind picks the answerer whose argument the route is. */
function answerBy<K extends Route['kind']>(
  answerers: Answerers,
  { kind, route, request }: { kind: K; route: RouteOf<K>; request: PlaybackRequest },
): Promise<Answer> {
  return answerers[kind](route, request);
}
