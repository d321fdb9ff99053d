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

/** A value deep in a JSON answer, by dotted path. */
export const at = (body: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], body);
