import { at, IMMUTABLE, SEGMENT_BYTES, type AnswerCase } from './answer-case.ts';
import { TRANSPORT_CASES } from './transport-cases.ts';
import { XRPC_CASES } from './xrpc-cases.ts';

const MEDIA_CASES: AnswerCase[] = [
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
      priority: 'u=3',
    },
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
];

/** Every status of every route. */
export const ANSWER_CASES: AnswerCase[] = [...MEDIA_CASES, ...XRPC_CASES, ...TRANSPORT_CASES];
