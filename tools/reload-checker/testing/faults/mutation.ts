import {
  refusal,
  type Mutation,
  type SimulatedAnswer,
  type SimulatedOptions,
  type SimulatedOrigin,
  type SimulatedRequest,
} from '../simulated-origin.ts';
import { STREAM } from '../simulated-stream.ts';

/** One way to break the origin, and the rules that must notice: these and no others. */
export interface BrokenOrigin {
  readonly name: string;
  readonly mutation: Mutation;
  readonly fails: readonly string[];
  readonly options?: Partial<SimulatedOptions> & { forMs?: number };
}

/** When an answer is changed, and to what it is one. */
export interface Moment {
  readonly request: SimulatedRequest;
  readonly nowMs: number;
}

/** When, in the stream's own time, the watch begins. */
export const FROM_MS = 60_000;
/** Long enough for the gap, the discontinuity and the end of the stream. */
export const LONG_MS = 26_000;
/** Since when a fault that begins during the watch is there. */
export const LATER_MS = FROM_MS + 3_000;

/** A media playlist. */
export const isPlaylist = ({ path }: SimulatedRequest): boolean =>
  path.endsWith('.m3u8') && !path.endsWith('/index.m3u8');
/** A segment or part. */
export const isMedia = ({ path }: SimulatedRequest): boolean => /\/\d+(?:\.\d)?\.m4s$/.test(path);
/** A part. */
export const isPart = ({ path }: SimulatedRequest): boolean => /\/\d+\.\d\.m4s$/.test(path);
/** The playlist of one rendition. */
export const isOf =
  (name: string) =>
  (request: SimulatedRequest): boolean =>
    isPlaylist(request) && request.path.includes(`/${name}.`);
/** Whether a playlist is a delta update. */
export const isDelta = (text: string): boolean => text.includes('#EXT-X-SKIP:');
/** The segment, counted from time 0, of a media URI. */
export const indexOf = ({ path }: SimulatedRequest): number =>
  Number(/\/(\d+)(?:\.\d)?\.m4s$/.exec(path)?.[1] ?? 0) - STREAM.firstMediaSequence;

/** Changes answers to certain requests. */
export const answers =
  (
    matches: (request: SimulatedRequest) => boolean,
    change: (
      answer: SimulatedAnswer,
      moment: Moment & { origin: SimulatedOrigin },
    ) => SimulatedAnswer | Promise<SimulatedAnswer>,
  ): Mutation =>
  async (request, origin) => {
    const answer = await origin.answer(request);
    return matches(request) ? change(answer, { request, origin, nowMs: origin.clock.nowMs() }) : answer;
  };

/** Changes the text of certain playlists. */
export const texts = (
  matches: (request: SimulatedRequest) => boolean,
  change: (text: string, moment: Moment) => string,
): Mutation =>
  answers(matches, (answer, moment) =>
    answer.status === 200 ? { ...answer, body: Buffer.from(change(answer.body.toString(), moment)) } : answer,
  );

/** Changes the text of the playlists of `high`, as it is and as delta. */
export const high = (change: (text: string, moment: Moment) => string): Mutation => texts(isOf('high'), change);

/** Changes the text of every media playlist. */
export const every = (change: (text: string, moment: Moment) => string): Mutation => texts(isPlaylist, change);

/** Answers at once what should have been held. */
export const early =
  (matches: (request: SimulatedRequest) => boolean): Mutation =>
  (request, origin) =>
    matches(request) && isPlaylist(request)
      ? origin.answer({
          ...request,
          query: new URLSearchParams([...request.query].filter(([name]) => name === '_HLS_skip')),
        })
      : origin.answer(request);

/** Answers requests of one kind otherwise. */
export const instead =
  (
    matches: (request: SimulatedRequest) => boolean,
    answer: (origin: SimulatedOrigin) => Promise<SimulatedAnswer>,
  ): Mutation =>
  (request, origin) =>
    matches(request) ? answer(origin) : origin.answer(request);

/** The first line that begins so. */
export const lineOf = (text: string, start: string): number =>
  text.split('\n').findIndex((line) => line.startsWith(start));
/** A playlist less some lines. */
export const withoutLines = (text: string, isOut: (line: string) => boolean): string =>
  text
    .split('\n')
    .filter((line) => !isOut(line))
    .join('\n');
/** A playlist with a number of a tag raised. */
export const bump = (text: string, tag: string, by: number): string =>
  text.replace(
    new RegExp(`(#EXT-X-${tag}:)(\\d+)`),
    (_, start: string, value: string) => `${start}${Number(value) + by}`,
  );
/** An instant moved. */
export const moved = (iso: string, byMs: number): string => new Date(Date.parse(iso) + byMs).toISOString();
/** The media sequence of a segment counted from time 0. */
export const number = (index: number): number => STREAM.firstMediaSequence + index;

/** What a server says of what it no longer has. */
export const gone = (): Promise<SimulatedAnswer> => Promise.resolve(refusal(404));

/** A request that may be held. */
export const blocking = ({ query }: SimulatedRequest): boolean => query.has('_HLS_msn');
/** A request with directives that a player would send. */
export const isNear = ({ query }: SimulatedRequest): boolean =>
  Number(query.get('_HLS_msn') ?? Infinity) < 1000 && Number(query.get('_HLS_part') ?? 0) < 10;
/** A request that is held for a part. */
export const withPart = (request: SimulatedRequest): boolean => blocking(request) && request.query.has('_HLS_part');
