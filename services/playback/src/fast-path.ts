import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer, PlaybackRequest } from './domain/answer.ts';
import { parseRoute, type Route } from './domain/route.ts';
import type { PlaybackService } from './playback.service.ts';

const HOT_KINDS: ReadonlySet<Route['kind']> = new Set([
  'segment',
  'init',
  'media',
  'multivariant',
  'broadcast_media',
  'xrpc',
]);

/** Takes the requests that players repeat ahead of the router (design decision 24); true when it took one. */
export function takeHotRequest(service: PlaybackService, request: IncomingMessage, response: ServerResponse): boolean {
  const asked = playbackRequest(request);
  const route = parseRoute(asked.path);
  if (route === undefined || !HOT_KINDS.has(route.kind)) return false;
  // Whatever is sent to an XRPC name is answered as XRPC, also with a body that the router cannot parse.
  if (asked.method !== 'GET' && asked.method !== 'HEAD' && route.kind !== 'xrpc') return false;
  void service.answer(asked).then((answer) => write(response, answer, asked.method));
  return true;
}

/** A request as the service sees it. */
export function playbackRequest(request: IncomingMessage): PlaybackRequest {
  const { method = 'GET', url = '/', headers, socket } = request;
  const mark = url.indexOf('?');
  return {
    method,
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? '' : url.slice(mark + 1),
    headers,
    remoteAddress: socket.remoteAddress ?? '',
  };
}

function write(response: ServerResponse, answer: Answer, method: string): void {
  response.writeHead(answer.status, answer.headers);
  if (answer.body === undefined || method === 'HEAD') response.end();
  else response.end(answer.body);
}
