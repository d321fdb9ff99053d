import type { LiveSource } from './live-source.ts';

/** The inputs that the cases are about. */
export interface Sources {
  /** Six segments of video and audio. */
  readonly live: LiveSource;
  /** Its account is unavailable. */
  readonly banned: LiveSource;
  /** Known, but nothing was ever sent. */
  readonly silent: LiveSource;
}

/** One request and what must come back, whichever way it takes through the service. */
export interface AnswerCase {
  readonly behaviour: string;
  readonly path: (sources: Sources) => string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly status: number;
  readonly error?: string;
  readonly answerHeaders?: Record<string, string>;
  readonly bodyBytes?: number;
}

const at = (name: string) => (sources: Sources) => `/live/${sources.live.row.externalId}/${name}`;
const xrpc = (method: string, query: (sources: Sources) => string) => (sources: Sources) =>
  `/xrpc/place.stream.playback.${method}?${query(sources)}`;
const did = (source: LiveSource): string => encodeURIComponent(source.row.identities[0] ?? '');
const SEGMENT_BYTES = 3002;
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** Every status of the media routes. */
export const ANSWER_CASES: AnswerCase[] = [
  {
    behaviour: 'a multivariant playlist',
    path: at('index.m3u8'),
    status: 200,
    answerHeaders: { 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': 'public, max-age=1' },
  },
  {
    behaviour: 'a media playlist',
    path: at('1.m3u8'),
    status: 200,
    answerHeaders: { 'cache-control': 'public, max-age=1', vary: 'Accept-Encoding' },
  },
  {
    behaviour: 'a media playlist asked for with a range: it comes whole',
    path: at('1.m3u8'),
    headers: { range: 'bytes=0-' },
    status: 200,
  },
  { behaviour: 'HEAD of a media playlist', path: at('1.m3u8'), method: 'HEAD', status: 200, bodyBytes: 0 },
  {
    behaviour: 'an unknown track',
    path: at('9.m3u8'),
    status: 404,
    error: 'TrackNotFound',
    answerHeaders: { 'cache-control': 'public, max-age=1' },
  },
  {
    behaviour: 'an unknown stream',
    path: () => '/live/lv_00000000000/index.m3u8',
    status: 404,
    error: 'StreamNotLive',
  },
  {
    behaviour: 'a stream that does not send',
    path: (sources) => `/live/${sources.silent.row.id}/index.m3u8`,
    status: 404,
    error: 'StreamNotLive',
  },
  {
    behaviour: 'a stream of a banned account',
    path: (sources) => `/live/${sources.banned.row.id}/index.m3u8`,
    status: 403,
    error: 'StreamUnavailable',
  },
  {
    behaviour: 'a segment of a banned account',
    path: (sources) => `/live/${sources.banned.row.id}/1/0.m4s`,
    status: 403,
    error: 'StreamUnavailable',
  },
  {
    behaviour: 'an init segment of a banned account',
    path: (sources) => `/live/${sources.banned.row.id}/1/init-0123456789abcdef.mp4`,
    status: 403,
    error: 'StreamUnavailable',
  },
  {
    behaviour: 'a segment',
    path: at('1/2.m4s'),
    status: 200,
    bodyBytes: SEGMENT_BYTES,
    answerHeaders: {
      'content-type': 'video/mp4',
      'cache-control': IMMUTABLE,
      'accept-ranges': 'bytes',
      'content-length': String(SEGMENT_BYTES),
    },
  },
  {
    behaviour: 'HEAD of a segment',
    path: at('1/2.m4s'),
    method: 'HEAD',
    status: 200,
    bodyBytes: 0,
    answerHeaders: { 'content-length': String(SEGMENT_BYTES) },
  },
  {
    behaviour: 'a range of a segment',
    path: at('1/2.m4s'),
    headers: { range: 'bytes=10-19' },
    status: 206,
    bodyBytes: 10,
    answerHeaders: { 'content-range': `bytes 10-19/${SEGMENT_BYTES}` },
  },
  {
    behaviour: 'the end of a segment, up to 2^53 - 1',
    path: at('1/2.m4s'),
    headers: { range: 'bytes=3000-9007199254740991' },
    status: 206,
    bodyBytes: 2,
  },
  {
    behaviour: 'the last bytes of a segment',
    path: at('1/2.m4s'),
    headers: { range: 'bytes=-5' },
    status: 206,
    bodyBytes: 5,
  },
  {
    behaviour: 'a range beyond the end',
    path: at('1/2.m4s'),
    headers: { range: 'bytes=99999-' },
    status: 416,
    error: 'RangeNotSatisfiable',
    answerHeaders: { 'content-range': `bytes */${SEGMENT_BYTES}` },
  },
  {
    behaviour: 'several ranges: the whole',
    path: at('1/2.m4s'),
    headers: { range: 'bytes=0-1,4-5' },
    status: 200,
    bodyBytes: SEGMENT_BYTES,
  },
  { behaviour: 'a segment not yet produced', path: at('1/99.m4s'), status: 404, error: 'SegmentNotFound' },
  { behaviour: 'a segment of an unknown track', path: at('9/2.m4s'), status: 404, error: 'SegmentNotFound' },
  {
    behaviour: 'an unknown init segment',
    path: at('1/init-0123456789abcdef.mp4'),
    status: 404,
    error: 'SegmentNotFound',
  },
  {
    behaviour: 'an XRPC multivariant playlist',
    path: xrpc('getLivePlaylist', (sources) => `streamer=${did(sources.live)}`),
    status: 200,
    answerHeaders: { 'cache-control': 'no-cache' },
  },
  {
    behaviour: 'an XRPC init segment',
    path: xrpc('getLiveSegment', (sources) => `streamer=${did(sources.live)}&track=1&seg=init.m4s`),
    status: 200,
    answerHeaders: { 'cache-control': 'no-cache', 'content-type': 'video/mp4' },
  },
  {
    behaviour: 'an XRPC segment',
    path: xrpc('getLiveSegment', (sources) => `streamer=${did(sources.live)}&track=1&seg=2.m4s`),
    status: 200,
    bodyBytes: SEGMENT_BYTES,
    answerHeaders: { 'cache-control': IMMUTABLE },
  },
  {
    behaviour: 'an XRPC request without streamer',
    path: xrpc('getLivePlaylist', () => ''),
    status: 400,
    error: 'InvalidRequest',
    answerHeaders: { 'cache-control': 'no-store' },
  },
  {
    behaviour: 'a streamer that is no identity',
    path: xrpc('getLivePlaylist', () => 'streamer=nobody'),
    status: 400,
    error: 'InvalidRequest',
  },
  {
    behaviour: 'a repeated parameter',
    path: xrpc('getLivePlaylist', (sources) => `streamer=${did(sources.live)}&streamer=${did(sources.live)}`),
    status: 400,
    error: 'InvalidRequest',
  },
  {
    behaviour: 'a malformed sid',
    path: xrpc('getLivePlaylist', (sources) => `streamer=${did(sources.live)}&sid=1`),
    status: 400,
    error: 'InvalidRequest',
  },
  {
    behaviour: 'a malformed seg',
    path: xrpc('getLiveSegment', (sources) => `streamer=${did(sources.live)}&track=1&seg=-1`),
    status: 400,
    error: 'InvalidRequest',
  },
  {
    behaviour: 'an unknown XRPC track',
    path: xrpc('getLivePlaylist', (sources) => `streamer=${did(sources.live)}&track=x`),
    status: 404,
    error: 'TrackNotFound',
  },
  {
    behaviour: 'an XRPC segment of an unknown track',
    path: xrpc('getLiveSegment', (sources) => `streamer=${did(sources.live)}&track=x&seg=1`),
    status: 404,
    error: 'SegmentNotFound',
  },
  {
    behaviour: 'an XRPC segment that slid out',
    path: xrpc('getLiveSegment', (sources) => `streamer=${did(sources.live)}&track=1&seg=99999999999999999999`),
    status: 404,
    error: 'SegmentNotFound',
  },
  {
    behaviour: 'an unknown streamer',
    path: xrpc('getLivePlaylist', () => 'streamer=did%3Aplc%3Aewvi7nxzyoun6zhxrhs64oiz'),
    status: 404,
    error: 'StreamNotLive',
  },
  {
    behaviour: 'a banned streamer',
    path: xrpc('getLivePlaylist', (sources) => `streamer=${did(sources.banned)}`),
    status: 403,
    error: 'StreamUnavailable',
  },
  {
    behaviour: 'a segment of a banned streamer',
    path: xrpc('getLiveSegment', (sources) => `streamer=${did(sources.banned)}&track=1&seg=0`),
    status: 403,
    error: 'StreamUnavailable',
  },
  {
    behaviour: 'another XRPC method',
    path: () => '/xrpc/place.stream.live.getProfileCard',
    status: 501,
    error: 'MethodNotImplemented',
  },
  {
    behaviour: 'POST to another XRPC method',
    path: () => '/xrpc/com.atproto.server.createSession',
    method: 'POST',
    status: 501,
    error: 'MethodNotImplemented',
  },
  {
    behaviour: 'an invalid time parameter',
    path: at('1.m3u8?lhs_start_unix_s_0=yesterday'),
    status: 400,
    error: 'InvalidRequest',
  },
  {
    behaviour: 'a start in the future',
    path: at('1.m3u8?lhs_start_unix_s_0=4102444800'),
    status: 404,
    error: 'NothingRecorded',
    answerHeaders: { 'retry-after': '1' },
  },
  {
    behaviour: 'a broadcast that never was',
    path: () => '/broadcast/bc_00000000/index.m3u8',
    status: 404,
    error: 'StreamNotLive',
  },
  { behaviour: 'a path outside the routes', path: () => '/no/such/thing/at/all', status: 404, error: 'NotFound' },
  {
    behaviour: 'a preflight',
    path: at('1/2.m4s'),
    method: 'OPTIONS',
    headers: { 'access-control-request-headers': 'range' },
    status: 204,
    answerHeaders: { 'access-control-allow-methods': 'GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE' },
  },
  {
    behaviour: 'a preflight of a path that is not there',
    path: () => '/no/such/thing/at/all',
    method: 'OPTIONS',
    status: 204,
  },
];
