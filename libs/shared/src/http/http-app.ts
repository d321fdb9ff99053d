import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OriginLogger } from '../observability/index.ts';
import { answerPreflight, setCors } from './cors.ts';
import { IDLE_CONNECTION_MS, SLOW_HEAD_MS } from './door-limits.ts';
import { HttpsDoor } from './https-door.ts';
import { OriginErrorFilter } from './origin-error.filter.ts';
import type { CertificateFiles } from './tls-certificate.ts';

/** How the door of a service differs from another's. */
export interface HttpAppOptions {
  readonly logger: OriginLogger;
  /** Bodies larger than this are refused by the router; raw uploads are not bodies to it. */
  readonly bodyLimitBytes: number;
  /** Runs ahead of the router; answers true when it took the request (design decision 24). Its answers carry CORS_HEADERS themselves. */
  readonly fastPath?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Keep request bodies as streams for any content type (ingest). */
  readonly streamBodies?: boolean;
}

/** A Nest application on Fastify with CORS on every answer, the one error filter, and no server-side cut of long requests. */
export async function createHttpApp(
  module: Parameters<typeof NestFactory.create>[0],
  options: HttpAppOptions,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: options.bodyLimitBytes,
    routerOptions: { maxParamLength: 500 },
    exposeHeadRoutes: true,
    serverFactory: (handler: RequestListener) => serverOf(handler, options),
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: options.logger,
    rawBody: false,
    // Nest would add its JSON and form parsers again at init, and buffer what must stay a stream.
    bodyParser: options.streamBodies !== true,
  });
  if (options.streamBodies === true) takeBodiesAsStreams(app);
  app.useGlobalFilters(new OriginErrorFilter(options.logger));
  return app;
}

/** Listens and resolves with the port that was taken. */
export async function listen(app: NestFastifyApplication, host: string, port: number): Promise<number> {
  await app.listen(port, host);
  return (app.getHttpServer().address() as AddressInfo).port;
}

/** A second door of an application that does not listen yet: its requests take the same way, and it drains together with the first. */
export function addHttpsDoor(
  app: NestFastifyApplication,
  options: { certificate: CertificateFiles; logger: OriginLogger },
): HttpsDoor {
  const server = app.getHttpServer();
  const door = new HttpsDoor({ ...options, handler: (request, response) => server.emit('request', request, response) });
  let closed: Promise<void> | undefined;
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preClose', async () => {
    closed = door.close();
  });
  // What answers need is there until this is over.
  fastify.addHook('onClose', async () => closed);
  return door;
}

function serverOf(handler: RequestListener, options: HttpAppOptions): Server {
  const server = createServer((request, response) => {
    if (request.method === 'OPTIONS') {
      answerPreflight(response);
      return;
    }
    // A connection that is busy when the drain begins would otherwise bring request after request.
    if (!server.listening && request.httpVersionMajor === 1) response.shouldKeepAlive = false;
    if (options.fastPath?.(request, response) === true) return;
    setCors(response);
    handler(request, response);
  });
  // Node cuts a request after 300 s by default; a live push is one request for hours.
  server.requestTimeout = 0;
  server.headersTimeout = SLOW_HEAD_MS;
  server.keepAliveTimeout = IDLE_CONNECTION_MS;
  return server;
}

function takeBodiesAsStreams(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
}
