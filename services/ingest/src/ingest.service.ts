import { Inject, Injectable } from '@nestjs/common';
import { CmafReader, type CmafUnit } from '#cmaf';
import type { LiveInputRow } from '#shared/contracts';
import { OriginError } from '#shared/errors';
import { HEAD_BYTES, kindOfUpload } from './domain/upload-kind.ts';
import type { UploadPath } from './domain/upload-path.ts';
import { MediaTooLargeError, PublisherTakenOverError, readingMedia, UnsupportedMediaError } from './errors.ts';
import { MediaLog } from './ports.ts';
import { Notices } from './publishing/notices.ts';
import type { Publication } from './publishing/publication.ts';
import { Publications } from './publishing/publications.ts';
import { PublishAccess } from './publishing/publish-access.ts';

/** One request that brings something. */
export interface Upload {
  readonly id: string;
  readonly path: UploadPath;
  readonly key: string | undefined;
  readonly address: string;
  readonly userAgent: string;
  readonly contentType: string | undefined;
  readonly body: UploadSource;
}

/** The body of an upload: read piece by piece, so that a slow bus slows the encoder. */
export interface UploadSource {
  peek(wantedBytes: number): Promise<Uint8Array>;
  pieces(): AsyncIterable<Uint8Array>;
  cancel(error: Error): void;
  assertOpen(): void;
}

const MAX_DOCUMENT_BYTES = 2_000_000;
/** What fits a value of the bucket of init segments. */
const MAX_INIT_BYTES = 1_000_000;
const NOTHING = new Uint8Array(0);

/** From an upload to acknowledged chunks on the bus. */
@Injectable()
export class IngestService {
  constructor(
    @Inject(PublishAccess) private readonly access: PublishAccess,
    @Inject(Publications) private readonly publications: Publications,
    @Inject(MediaLog) private readonly media: MediaLog,
    @Inject(Notices) private readonly notices: Notices,
  ) {}

  /** Resolves when everything in the upload is accepted; throws the OriginError that is the answer, or UploadCutError when nobody is left to answer. */
  async receive(upload: Upload): Promise<void> {
    const input = await this.admit(upload);
    try {
      const head = await upload.body.peek(HEAD_BYTES);
      const kind = kindOfUpload(head, upload.path.role, upload.contentType);
      if (kind === 'unsupported') throw unsupported(head);
      if (kind === 'manifest') await drop(upload.body);
      if (kind === 'media') {
        await this.publications.during(upload, input, (publication) => this.#pass(upload, publication));
      }
    } catch (error) {
      const isRefusal = error instanceof OriginError && !(error instanceof PublisherTakenOverError);
      if (isRefusal) this.notices.rejected(input.id, error.code, error.message, Date.now());
      throw error;
    }
  }

  /** The input of an upload when its key may publish there. */
  admit({ path, key, address }: Pick<Upload, 'path' | 'key' | 'address'>): Promise<LiveInputRow> {
    return this.access.admit({ input: path.input, key, address }, Date.now());
  }

  async #pass({ id, body }: Upload, publication: Publication): Promise<void> {
    const maxChunkBytes = this.media.maxChunkBytes();
    const reader = new CmafReader({ maxBoxBytes: maxChunkBytes, maxChunkBytes, maxInitBytes: MAX_INIT_BYTES });
    for await (const piece of body.pieces()) {
      this.publications.heard(id);
      for (const unit of unitsOf(reader, piece)) await publication.take(unit);
      // A fault behind the units just taken must not wait for the next bytes.
      unitsOf(reader, NOTHING);
    }
    readingMedia(() => reader.end());
  }
}

const unitsOf = (reader: CmafReader, piece: Uint8Array): CmafUnit[] => readingMedia(() => reader.push(piece));

async function drop(body: UploadSource): Promise<void> {
  let dropped = 0;
  for await (const piece of body.pieces()) {
    dropped += piece.length;
    if (dropped > MAX_DOCUMENT_BYTES) {
      throw new MediaTooLargeError(`manifest or playlist: expected at most ${MAX_DOCUMENT_BYTES} bytes, got more`);
    }
  }
}

const unsupported = (head: Uint8Array): UnsupportedMediaError =>
  new UnsupportedMediaError(
    `expected fragmented MP4 (a first box like ftyp or styp), got bytes ${Buffer.from(head).toString('hex')}`,
  );
