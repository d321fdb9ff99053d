import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OriginLogger } from '../observability/index.ts';
import { writeCors } from './cors.ts';
import { OriginErrorFilter } from './origin-error.filter.ts';

/** How the door of a service differs from another's. */
export interface HttpAppOptions {
  readonly logger: OriginLogger;
  /** Bodies larger than this are refused by the router; raw uploads are not bodies to it. */
  readonly bodyLimitBytes: number;
  /** Runs ahead of the router; answers true when it took the request (design decision 24). */
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

function serverOf(handler: RequestListener, options: HttpAppOptions): Server {
  const server = createServer((request, response) => {
    const isPreflight = request.method === 'OPTIONS';
    writeCors(response, isPreflight);
    if (isPreflight) {
      response.writeHead(204).end();
      return;
    }
    if (options.fastPath?.(request, response) !== true) handler(request, response);
  });
  // Node cuts a request after 300 s by default; a live push is one request for hours.
  server.requestTimeout = 0;
  server.headersTimeout = 20_000;
  server.keepAliveTimeout = 75_000;
  return server;
}

function takeBodiesAsStreams(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
}
