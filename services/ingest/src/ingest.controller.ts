import { Controller, Delete, HttpCode, Inject, Post, Put, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { OriginError } from '#shared/errors';
import { presentedKey } from './domain/stream-key.ts';
import { parseUploadPath } from './domain/upload-path.ts';
import { PublishingPointNotFoundError, UploadCutError } from './errors.ts';
import { ClientAddresses } from './http/client-address.ts';
import { UploadBody } from './http/upload-body.ts';
import { IngestConfig } from './ingest.config.ts';
import { IngestService, type Upload } from './ingest.service.ts';
import { IngestMetrics } from './publishing/ingest-metrics.ts';

const ROUTES = ['publish/*'];
const MAX_USER_AGENT = 300;
const KEEP_ALIVE_PROBE_MS = 10_000;

/** The door for encoders: `/publish/{input}` and everything below it. */
@Controller()
export class IngestController {
  readonly #addresses: ClientAddresses;

  constructor(
    @Inject(IngestService) private readonly service: IngestService,
    @Inject(IngestConfig) private readonly config: IngestConfig,
    @Inject(IngestMetrics) private readonly metrics: IngestMetrics,
  ) {
    this.#addresses = new ClientAddresses(config.values.TRUSTED_PROXIES);
  }

  @Put(ROUTES)
  put(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#receive(request, reply);
  }

  @Post(ROUTES)
  @HttpCode(200)
  post(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#receive(request, reply);
  }

  /** DASH and HLS muxers remove old segments; the origin decides itself how long it keeps what it took. */
  @Delete(ROUTES)
  async remove(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.service.admit(this.#credentialsOf(request));
    await reply.status(200).send();
  }

  async #receive(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    request.socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
    const body = new UploadBody(request.raw, { idleMs: this.config.values.UPLOAD_IDLE_MS });
    try {
      await this.service.receive({
        id: randomUUID(),
        ...this.#credentialsOf(request),
        ...descriptionOf(request),
        body,
      });
      await reply.status(200).send();
    } catch (error) {
      if (error instanceof UploadCutError) {
        reply.hijack();
        request.socket.destroy();
        return;
      }
      if (error instanceof OriginError) this.metrics.rejections.inc({ code: error.code });
      body.abandon();
      throw error;
    }
  }

  #credentialsOf(request: FastifyRequest): Pick<Upload, 'path' | 'key' | 'address'> {
    const [pathname = '', query = ''] = request.url.split('?', 2);
    const path = parseUploadPath(pathname);
    if (path === undefined) {
      throw new PublishingPointNotFoundError('expected /publish/{li_… or lv_…}[/{file}], got another path');
    }
    const { authorization, forwarded } = request.headers;
    const key = presentedKey({ authorization, query: new URLSearchParams(query), pathKey: path.key });
    const xForwardedFor = request.headers['x-forwarded-for']?.toString();
    return { path, key, address: this.#addresses.of({ peer: request.ip, forwarded, xForwardedFor }) };
  }
}

const descriptionOf = (request: FastifyRequest): Pick<Upload, 'userAgent' | 'contentType'> => ({
  userAgent: (request.headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT),
  contentType: request.headers['content-type'],
});
