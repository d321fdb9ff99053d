import type { ClientProxy } from '@nestjs/microservices';
import { firstValueFrom, timeout } from 'rxjs';
import type { z } from 'zod';
import {
  COVERAGE_PATTERN,
  CoverageReply,
  HOUR_BLOB_PATTERN,
  HourBlobReply,
  type HourBlobRequest,
} from '#shared/contracts';
import { ArchiveUnavailableError } from '../domain/errors.ts';
import { TimelineArchive } from '../ports.ts';

const TIMEOUT_MS = 3000;

/** The timeshift service behind Nest's NATS transport; what it replies is checked before it is believed. */
export class NatsTimelineArchive extends TimelineArchive {
  constructor(private readonly client: ClientProxy) {
    super();
  }

  hourBlob(request: HourBlobRequest): Promise<HourBlobReply> {
    return this.#ask(HOUR_BLOB_PATTERN, request, HourBlobReply);
  }

  coverage(inputId: string): Promise<CoverageReply> {
    return this.#ask(COVERAGE_PATTERN, { inputId }, CoverageReply);
  }

  async #ask<S extends z.ZodType>(pattern: string, request: object, reply: S): Promise<z.output<S>> {
    try {
      return reply.parse(await firstValueFrom(this.client.send<unknown>(pattern, request).pipe(timeout(TIMEOUT_MS))));
    } catch (cause) {
      throw new ArchiveUnavailableError('the archive did not answer; try again', { cause });
    }
  }
}
