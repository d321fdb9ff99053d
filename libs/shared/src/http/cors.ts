import type { ServerResponse } from 'node:http';

/** Sent with every answer, errors and OPTIONS included (hls.md 49): a 404 without CORS is invisible to a player. */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Age, Date, Content-Length, Content-Range, ETag',
  'timing-allow-origin': '*',
};

const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  ...CORS_HEADERS,
  'access-control-allow-methods': 'GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers': '*, Authorization, Range, If-None-Match, If-Range, Content-Type, stream-auth-type',
  'access-control-max-age': '86400',
};

/** Sets the CORS headers on a raw response that the router will write. */
export function setCors(response: ServerResponse): void {
  for (const [name, value] of Object.entries(CORS_HEADERS)) response.setHeader(name, value);
}

/** Answers a preflight, whatever its path. */
export function answerPreflight(response: ServerResponse): void {
  response.writeHead(204, PREFLIGHT_HEADERS).end();
}
