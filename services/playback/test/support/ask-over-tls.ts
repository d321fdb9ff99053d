import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';

interface Asked {
  readonly path: string;
  /** PEM of what is to be trusted. */
  readonly cert: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

/** One request by HTTP/1.1 over TLS, answered as fetch does. */
export async function askOverTls(url: string, { path, cert, method = 'GET', headers = {} }: Asked): Promise<Response> {
  const asking = request(new URL(path, url), { method, headers, ca: cert, agent: false }).end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  const { statusCode: status = 0, rawHeaders } = response;
  const answered = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2)
    answered.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  const hasBody = status !== 204 && status !== 304;
  return new Response(hasBody ? new Uint8Array(Buffer.concat(pieces)) : null, { status, headers: answered });
}
