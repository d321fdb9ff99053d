import { Inject, Injectable } from '@nestjs/common';
import type { LiveInputRow } from '#shared/contracts';
import { BusUnavailableError } from '#shared/messaging';
import type { EndReason } from '../domain/publisher-claims.ts';
import type { UploadPath } from '../domain/upload-path.ts';
import {
  AlreadyPublishingError,
  PublisherTakenOverError,
  RedundantInitDiffersError,
  RedundantOutOfStepError,
  UploadCutError,
} from '../errors.ts';
import { FeedRegistry } from './feed-registry.ts';
import { PublishingDeps } from './publishing-deps.ts';
import { LiveUploads } from './live-uploads.ts';
import { Publication } from './publication.ts';
import { Publishers } from './publishers.ts';

/** An upload as far as its publication needs it. */
export interface PublishingUpload {
  readonly id: string;
  readonly path: UploadPath;
  readonly address: string;
  readonly userAgent: string;
  readonly body: { cancel(error: Error): void; assertOpen(): void };
}

/** Begins and ends the publications of uploads: the feed is held, and the tracks are given back, whatever happens. */
@Injectable()
export class Publications {
  constructor(
    @Inject(Publishers) private readonly publishers: Publishers,
    @Inject(FeedRegistry) private readonly feeds: FeedRegistry,
    @Inject(LiveUploads) private readonly uploads: LiveUploads,
    @Inject(PublishingDeps) private readonly deps: PublishingDeps,
  ) {}

  /** Runs the work of one upload. How it ends, ends the tracks. */
  async during(
    upload: PublishingUpload,
    input: LiveInputRow,
    work: (publication: Publication) => Promise<void>,
  ): Promise<void> {
    const feed = await this.feeds.acquire(input);
    this.uploads.add(upload.id, upload.body);
    const { path, body } = upload;
    const assertOwned = (): void => body.assertOpen();
    const owner = ownerOf(upload, input.id);
    const publication = new Publication({
      feed,
      path,
      owner,
      assertOwned,
      publishers: this.publishers,
      deps: this.deps,
    });
    let reason: EndReason = 'finished';
    try {
      await work(publication);
    } catch (error) {
      reason = endReasonOf(error);
      throw error;
    } finally {
      await this.publishers.release(upload.id, reason, publication.endsTracks(reason !== 'finished'));
      this.uploads.remove(upload.id);
      this.feeds.release(input.id);
    }
  }

  /** Bytes of an upload came. */
  heard(uploadId: string): void {
    this.publishers.heard(uploadId);
  }

  /** Ends every upload after the chunk at hand; their encoders are told to come again. */
  async drain(): Promise<void> {
    this.uploads.cancelAll(new BusUnavailableError('this ingest is going away; connect again'));
    await this.uploads.whenAllOver();
  }
}

const ownerOf = (upload: PublishingUpload, inputId: string) => ({
  uploadId: upload.id,
  inputId,
  client: `${upload.address} ${upload.userAgent}`,
  file: upload.path.file,
  isStream: upload.path.role === 'stream',
  userAgent: upload.userAgent,
});

const REFUSALS = [AlreadyPublishingError, RedundantInitDiffersError, RedundantOutOfStepError];

function endReasonOf(error: unknown): EndReason {
  if (error instanceof UploadCutError) return error.reason;
  if (error instanceof PublisherTakenOverError) return 'taken_over';
  if (REFUSALS.some((refusal) => error instanceof refusal)) return 'refused';
  return error instanceof BusUnavailableError ? 'aborted' : 'invalid_media';
}
