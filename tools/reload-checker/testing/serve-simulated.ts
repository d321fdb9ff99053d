import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../src/index.ts';
import { SimulatedOrigin, type Mutation } from './simulated-origin.ts';
import { WATCH_FROM_MS } from './watch-simulated.ts';

/** A simulated origin behind a real HTTP server, in real time. */
export interface ServedOrigin {
  /** Its multivariant playlist. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the simulated stream on a free port of the loopback address. */
export async function serveSimulated(mutation?: Mutation): Promise<ServedOrigin> {
  const startedAtMs = systemClock.nowMs() - WATCH_FROM_MS;
  const clock = { nowMs: () => systemClock.nowMs() - startedAtMs, sleep: (ms: number) => systemClock.sleep(ms) };
  const origin = new SimulatedOrigin(clock, { lowLatency: true, endMs: Infinity });
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://origin.test');
    const asked = { method: request.method ?? 'GET', path: pathname, query: searchParams };
    const answered = mutation?.(asked, origin) ?? origin.answer(asked);
    void answered.then(({ status, headers, body }) => response.writeHead(status, headers).end(body));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/live/index.m3u8`, close: () => closed(server) };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
}
