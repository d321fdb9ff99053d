import { IMMUTABLE, SEGMENT_BYTES, type AnswerCase, type Sources } from './answer-case.ts';
import type { LiveSource } from './live-source.ts';

const xrpc = (method: string, query: (sources: Sources) => string) => (sources: Sources) =>
  `/xrpc/place.stream.playback.${method}?${query(sources)}`;
const did = (source: LiveSource): string => encodeURIComponent(source.row.identities[0] ?? '');

/** Every status of the XRPC routes. */
export const XRPC_CASES: AnswerCase[] = [
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
];
