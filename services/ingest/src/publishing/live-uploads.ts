import { Injectable } from '@nestjs/common';
import { EventEmitter, once } from 'node:events';

/** An upload on its way, as others may act on it. */
export interface LiveUpload {
  /** Ends its reading at once with this error. */
  cancel(error: Error): void;
}

/** The uploads on their way in this process. */
@Injectable()
export class LiveUploads {
  readonly #uploads = new Map<string, { upload: LiveUpload; over: Promise<unknown>; markOver: () => void }>();
  #closing: Error | undefined;

  add(uploadId: string, upload: LiveUpload): void {
    if (this.#closing !== undefined) upload.cancel(this.#closing);
    const over = new EventEmitter();
    this.#uploads.set(uploadId, { upload, over: once(over, 'over'), markOver: () => over.emit('over') });
  }

  remove(uploadId: string): void {
    this.#uploads.get(uploadId)?.markOver();
    this.#uploads.delete(uploadId);
  }

  cancel(uploadId: string, error: Error): void {
    this.#uploads.get(uploadId)?.upload.cancel(error);
  }

  /** Cancels every upload, and every one to come. */
  cancelAll(error: Error): void {
    this.#closing = error;
    for (const { upload } of this.#uploads.values()) upload.cancel(error);
  }

  /** Resolves when the upload is over, or after this long. */
  async whenOver(uploadId: string, withinMs: number): Promise<void> {
    const known = this.#uploads.get(uploadId);
    if (known === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([known.over, timeout]);
    clearTimeout(timer);
  }

  /** Resolves when none is on its way any more. */
  async whenAllOver(): Promise<void> {
    await Promise.all([...this.#uploads.values()].map(({ over }) => over));
  }
}
