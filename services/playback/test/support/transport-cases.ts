import { at, SEGMENT_BYTES, type AnswerCase } from './answer-case.ts';

/** What travels with an answer rather than in it: codings, methods, what a request carries besides. */
export const TRANSPORT_CASES: AnswerCase[] = [
  {
    behaviour: 'a media playlist asked for with a range: it comes whole',
    path: at('1.m3u8'),
    headers: { range: 'bytes=0-' },
    status: 200,
  },
  {
    behaviour: 'a media playlist in brotli',
    path: at('1.m3u8'),
    headers: { 'accept-encoding': 'gzip;q=0.9, br' },
    status: 200,
    answerHeaders: { 'content-encoding': 'br', vary: 'Accept-Encoding' },
  },
  {
    behaviour: 'a multivariant playlist in gzip',
    path: at('index.m3u8'),
    headers: { 'accept-encoding': 'gzip' },
    status: 200,
    answerHeaders: { 'content-encoding': 'gzip', vary: 'Accept-Encoding', priority: 'u=1' },
  },
  {
    behaviour: 'a media playlist with CMCD',
    path: at('1.m3u8?CMCD=bl%3D1200%2Csid%3D%22a%22'),
    status: 200,
    answerHeaders: { priority: 'u=1' },
  },
  { behaviour: 'a media playlist with CMCD that means nothing', path: at('1.m3u8?CMCD=%22%2C(%'), status: 200 },
  {
    behaviour: 'a segment with CMCD headers',
    path: at('1/2.m4s'),
    headers: { 'cmcd-request': 'bl=1200', 'cmcd-session': 'sid="' },
    status: 200,
    bodyBytes: SEGMENT_BYTES,
  },
  {
    behaviour: 'a preflight of CMCD headers',
    path: at('1/2.m4s'),
    method: 'OPTIONS',
    headers: { 'access-control-request-headers': 'cmcd-request,cmcd-session' },
    status: 204,
  },
  { behaviour: 'HEAD of a media playlist', path: at('1.m3u8'), method: 'HEAD', status: 200, bodyBytes: 0 },
  {
    behaviour: 'HEAD of a segment',
    path: at('1/2.m4s'),
    method: 'HEAD',
    status: 200,
    bodyBytes: 0,
    answerHeaders: { 'content-length': String(SEGMENT_BYTES) },
  },
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
