import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { CORS_HEADERS } from '#shared/http';
import type { Answer, PlaybackRequest } from './domain/answer.ts';
import type { Body } from './domain/body.ts';
import { parseRoute, type Route } from './domain/route.ts';
import type { PlaybackService } from './playback.service.ts';

const HOT_KINDS: ReadonlySet<Route['kind']> = new Set([
  'segment',
  'part',
  'text_segment',
  'init',
  'media',
  'iframes',
  'multivariant',
  'manifest',
  'broadcast_manifest',
  'broadcast_media',
  'broadcast_iframes',
  'xrpc',
]);

/** Takes the requests that players repeat ahead of the router (design decision 24); true when it took one. */
export function takeHotRequest(service: PlaybackService, request: IncomingMessage, response: ServerResponse): boolean {
  const asked = playbackRequest(request);
  const route = parseRoute(asked.path);
  if (route === undefined || !HOT_KINDS.has(route.kind)) return false;
  // Whatever is sent to an XRPC name is answered as XRPC, also with a body that the router cannot parse.
  if (asked.method !== 'GET' && asked.method !== 'HEAD' && route.kind !== 'xrpc') return false;
  void service.answer(asked, route).then((answer) => write(response, answer, asked.method));
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
    connection: socket,
  };
}

const CORS_LINES: readonly string[] = Object.entries(CORS_HEADERS).flat();

/** Names and values in turn: Node takes them as they are, while headers set one by one, or an object made of two, cost more than the rest of an answer. */
function headOf({ headers }: Answer): string[] {
  const lines = [...CORS_LINES];
  for (const name in headers) lines.push(name, headers[name] ?? '');
  return lines;
}

function write(response: ServerResponse, answer: Answer, method: string): void {
  response.writeHead(answer.status, headOf(answer));
  if (method === 'HEAD') response.end();
  else if (answer.stream !== undefined) sendAsItComes(response, answer.stream);
  else sendWhole(response, answer.body);
}

/** The pieces of a body leave in one write of the socket. */
function sendWhole(response: ServerResponse, body: Body | undefined): void {
  if (body === undefined || Buffer.isBuffer(body)) {
    response.end(body);
    return;
  }
  response.cork();
  for (const piece of body) response.write(piece);
  response.end();
  response.uncork();
}

/** A source that fails cuts the connection: a body that ends in order would be taken for the whole. */
function sendAsItComes(response: ServerResponse, stream: AsyncIterable<Buffer>): void {
  // What went wrong is told to the client by the cut; the viewer who left is no fault.
  pipeline(Readable.from(stream), response, () => undefined);
}
