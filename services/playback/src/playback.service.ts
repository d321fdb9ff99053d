import type { LiveInputRow } from '#shared/contracts';
import { parseTimeShift } from '#timeline';
import type { BroadcastAnswers } from './answers/broadcast-answers.ts';
import type { LiveAnswers } from './answers/live-answers.ts';
import type { ShiftAnswers } from './answers/shift-answers.ts';
import type { TimelineAnswers } from './answers/timeline-answers.ts';
import type { XrpcAnswers } from './answers/xrpc-answers.ts';
import { refusalOf, type Answer, type PlaybackRequest } from './domain/answer.ts';
import { StreamNotLiveError, UnknownPathError } from './domain/errors.ts';
import { parseRoute, type Route, type StreamRef } from './domain/route.ts';
import { threadedQuery } from './domain/window-playlist.ts';
import type { Clock, InputDirectory } from './ports.ts';
import type { RequestLog } from './request-log.ts';

type PlaylistRoute = Extract<Route, { kind: 'multivariant' | 'media' }>;

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
      log: RequestLog;
      clock: Clock;
      maxRangeMs: number;
    },
  ) {}

  /** Never rejects. */
  async answer(request: PlaybackRequest): Promise<Answer> {
    const startedMs = performance.now();
    const route = parseRoute(request.path);
    const answer = await this.#answerTo(route, request).catch(refusalOf);
    this.options.log.answered(route?.kind ?? 'unknown', request, answer, performance.now() - startedMs);
    return answer;
  }

  async #answerTo(route: Route | undefined, request: PlaybackRequest): Promise<Answer> {
    const { live, shift, broadcasts, xrpc, timeline } = this.options;
    switch (route?.kind) {
      case 'multivariant':
      case 'media':
        return this.#playlist(route, request);
      case 'segment':
        return live.segment(route, this.#inputOf(route.ref), request);
      case 'init':
        return live.init(route, this.#inputOf(route.ref), request);
      case 'shift_segment':
        return shift.segment(route, this.#inputOf(route.ref), request);
      case 'broadcast_multivariant':
        return broadcasts.multivariant(route.broadcastId, request);
      case 'broadcast_media':
        return broadcasts.media(route.broadcastId, route.trackId, request);
      case 'xrpc':
        return xrpc.answer(route.nsid, request);
      case 'timeline':
        return timeline.query(request);
      case undefined:
        break;
    }
    throw new UnknownPathError('no such path on the playback service');
  }

  /** Time parameters choose between the live edge and the timeline (time-shift.md D-10). */
  async #playlist(route: PlaylistRoute, request: PlaybackRequest): Promise<Answer> {
    const row = this.#inputOf(route.ref);
    if (request.query === '') return this.#live(route, row, NO_QUERY, request);
    const { clock, maxRangeMs, shift } = this.options;
    const parsed = parseTimeShift(new URLSearchParams(request.query), { nowMs: clock.nowMs(), maxRangeMs });
    const query = threadedQuery(parsed.childQuery);
    if (parsed.request.kind === 'live' && parsed.request.windowMs === undefined) {
      return this.#live(route, row, query, request);
    }
    const asked = { row, shift: parsed.request, query, request };
    return route.kind === 'multivariant' ? shift.multivariant(route, asked) : shift.media(route, asked);
  }

  async #live(
    route: PlaylistRoute,
    row: LiveInputRow,
    query: URLSearchParams,
    request: PlaybackRequest,
  ): Promise<Answer> {
    const asked = { row, query, request };
    const { live } = this.options;
    return route.kind === 'multivariant' ? live.multivariant(route, asked) : live.media(route, asked);
  }

  #inputOf(ref: StreamRef): LiveInputRow {
    const row = this.options.inputs.byRef(ref);
    if (row !== undefined) return row;
    throw new StreamNotLiveError(`no stream ${ref.app}/${ref.stream}`);
  }
}
