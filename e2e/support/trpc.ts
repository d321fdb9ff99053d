import type { Origin } from './origin.ts';

/** An answer of the control plane as it came. */
export interface TrpcAnswer<T = Record<string, unknown>> {
  readonly status: number;
  readonly data: T | undefined;
  readonly error: { message: string; code: number; data: { code: string } } | undefined;
}

/** One procedure call in tRPC's wire format; `prefix` and `authorization` as given, or those that clients use. */
export interface TrpcCall {
  readonly kind: 'query' | 'mutation';
  readonly procedure: string;
  readonly input: unknown;
  readonly prefix?: string;
  readonly authorization?: string;
}

export async function trpc<T = Record<string, unknown>>(origin: Origin, call: TrpcCall): Promise<TrpcAnswer<T>> {
  const { kind, procedure, input, prefix = '/api/trpc', authorization = `Bearer ${origin.apiKey}` } = call;
  const url = `${origin.broadcast}${prefix}/${procedure}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const response =
    kind === 'query'
      ? await fetch(`${url}?input=${encodeURIComponent(JSON.stringify(input))}`, { headers })
      : await fetch(url, { method: 'POST', headers, body: JSON.stringify(input) });
  const body = (await response.json()) as { result?: { data: T }; error?: TrpcAnswer['error'] };
  return { status: response.status, data: body.result?.data, error: body.error };
}
