import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MediaMalformedError, UnsupportedMediaError, UploadCutError } from '../errors.ts';

/** How long a refused upload may go on sending, so that its answer arrives before the connection is reset. */
const LINGER_MS = 1000;

/**
 * The body of an upload, read piece by piece: while nobody asks for the next piece, the socket is not read and the encoder waits.
 * Read by hand and not by `for await` on the request: leaving such a loop destroys the socket, and an answer could not be sent.
 */
export class UploadBody {
  readonly #request: IncomingMessage;
  readonly #source: Readable;
  readonly #idleMs: number;
  #idleTimer: NodeJS.Timeout | undefined;
  #cancelled: Error | undefined;
  #cutShort: UploadCutError | undefined;
  #isOver = false;
  #wake: () => void = () => undefined;
  #head: Buffer[] = [];

  constructor(request: IncomingMessage, options: { idleMs: number }) {
    this.#request = request;
    this.#idleMs = options.idleMs;
    this.#source = this.#decoded();
    this.#source.on('readable', () => this.#wake());
    this.#source.once('end', () => this.#finish());
    request.once('error', () => this.#close());
    request.once('close', () => this.#close());
  }

  /** At least this many bytes from the start, fewer when the body is shorter; {@link pieces} gives them again. */
  async peek(wantedBytes: number): Promise<Uint8Array> {
    let seen = 0;
    while (seen < wantedBytes) {
      const piece = await this.#next();
      if (piece === undefined) break;
      this.#head.push(piece);
      seen += piece.length;
    }
    return Buffer.concat(this.#head).subarray(0, wantedBytes);
  }

  /** Every piece in order. Throws UploadCutError when the connection goes away or stays silent, or the error of {@link cancel}. */
  async *pieces(): AsyncGenerator<Uint8Array> {
    const head = this.#head;
    this.#head = [];
    yield* head;
    for (;;) {
      const piece = await this.#next();
      if (piece === undefined) return;
      yield piece;
    }
  }

  /** Makes the reading end with this error now. */
  cancel(error: Error): void {
    this.#cancelled ??= error;
    this.#wake();
  }

  /** Throws the error of a cancelled upload. A cut one is not cancelled: what came whole before the cut still counts. */
  assertOpen(): void {
    if (this.#cancelled !== undefined) throw this.#cancelled;
  }

  /** The upload was refused in the middle: takes and drops what still comes for a moment, then closes the connection. */
  abandon(): void {
    clearTimeout(this.#idleTimer);
    if (this.#request.complete && this.#request.readableEnded) return;
    if (this.#source !== this.#request) this.#request.unpipe();
    this.#source.removeAllListeners('readable');
    this.#request.resume();
    const { socket } = this.#request;
    const timer = setTimeout(() => {
      if (!this.#request.complete) socket.destroy();
    }, LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
    this.#request.once('end', () => clearTimeout(timer));
  }

  async #next(): Promise<Buffer | undefined> {
    for (;;) {
      this.assertOpen();
      const piece = this.#source.read() as Buffer | null;
      if (piece !== null) return piece;
      if (this.#isOver) return undefined;
      if (this.#cutShort !== undefined) throw this.#cutShort;
      await this.#activity();
    }
  }

  #activity(): Promise<void> {
    this.#idleTimer = setTimeout(() => this.cancel(this.#idleError()), this.#idleMs);
    return new Promise<void>((resolve) => {
      this.#wake = resolve;
    }).finally(() => clearTimeout(this.#idleTimer));
  }

  #decoded(): Readable {
    const encoding = this.#request.headers['content-encoding'] ?? 'identity';
    if (encoding === 'identity') return this.#request;
    if (encoding !== 'gzip') {
      this.cancel(new UnsupportedMediaError(`content-encoding: expected none or gzip, got ${encoding}`));
      return this.#request;
    }
    const gunzip = createGunzip();
    gunzip.once('error', (error) =>
      this.cancel(new MediaMalformedError(`gzip body: ${error.message}`, { cause: error })),
    );
    return this.#request.pipe(gunzip);
  }

  #finish(): void {
    this.#isOver = true;
    this.#wake();
  }

  #close(): void {
    // A client that closes right after its last byte leaves a complete request without its 'end'.
    if (this.#request.complete && this.#source === this.#request) return this.#finish();
    // Everything has gone into the decoder, whose own end or error is to come.
    if (this.#request.readableEnded) return;
    this.#cutShort ??= new UploadCutError('aborted', 'the connection was cut');
    this.#wake();
  }

  #idleError(): UploadCutError {
    return new UploadCutError('idle', `no bytes for ${this.#idleMs} ms`);
  }
}
