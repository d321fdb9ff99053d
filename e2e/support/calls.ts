import { SignJWT } from 'jose';
import type { Origin } from './origin.ts';

/** Plain HTTP client of the call API with a server token. */
export interface CallClient {
  post(path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  get(path: string): Promise<{ status: number; body: Record<string, unknown> }>;
  patch(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
}

export async function callClient(origin: Origin): Promise<CallClient> {
  const token = await new SignJWT({ server: true })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .sign(new TextEncoder().encode(origin.app.apiSecret));
  const send = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${origin.broadcast}/api/v2${path}?api_key=${origin.app.apiKey}`, {
      method,
      headers: { authorization: token, 'stream-auth-type': 'jwt', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return {
    post: (path, body) => send('POST', path, body),
    get: (path) => send('GET', path),
    patch: (path, body) => send('PATCH', path, body),
  };
}

/** One request of the call API in every detail; an absent token sends none. */
export interface CallRequest {
  readonly token?: string | undefined;
  readonly apiKey?: string;
  /** Sent as JSON; text is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Further query parameters, with their leading `&`. */
  readonly query?: string;
}

/** An answer as it came; `text` keeps integers that a number cannot hold. */
export interface CallReply {
  readonly status: number;
  readonly text: string;
  readonly body: Record<string, unknown>;
  readonly tookMs: number;
}

export async function callRequest(
  origin: Origin,
  method: string,
  path: string,
  request: CallRequest,
): Promise<CallReply> {
  const { token, apiKey = origin.app.apiKey, body, query = '', headers = { 'stream-auth-type': 'jwt' } } = request;
  const startedMs = performance.now();
  const response = await fetch(`${origin.broadcast}/api/v2${path}?api_key=${apiKey}${query}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: token }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const tookMs = performance.now() - startedMs;
  return { status: response.status, text, body: JSON.parse(text) as Record<string, unknown>, tookMs };
}

/** A value deep in a JSON answer, by dotted path. */
export const at = (body: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], body);
