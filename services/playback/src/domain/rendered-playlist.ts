import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, brotliCompressSync, constants, gzip, gzipSync, type BrotliOptions } from 'node:zlib';
import { answerWith, headerOf, type Answer, type PlaybackRequest } from './answer.ts';
import { codingFor, type ContentCoding } from './content-coding.ts';

const HLS_TYPE = 'application/vnd.apple.mpegurl';
/** Above this, compression would hold up other answers for milliseconds and goes to a thread. */
const LONG_BYTES = 262_144;
/** For playlists 3 is as fast as gzip and a quarter smaller; beyond it costs more than it saves. */
const BROTLI: BrotliOptions = {
  params: { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT, [constants.BROTLI_PARAM_QUALITY]: 3 },
};
const ETAG_ENDS: Readonly<Record<ContentCoding, string>> = { identity: '', gzip: '-gz', br: '-br' };

type CompressedCoding = Exclude<ContentCoding, 'identity'>;

/** A playlist or manifest as bytes, shared by every viewer of one revision; compressed once per coding, when first asked for. */
export class RenderedPlaylist {
  readonly body: Buffer;
  readonly #contentType: string;
  readonly #hash: string;
  readonly #compressed = new Map<CompressedCoding, Buffer | Promise<Buffer>>();

  constructor(text: string, contentType = HLS_TYPE) {
    this.body = Buffer.from(text);
    this.#contentType = contentType;
    this.#hash = createHash('sha256').update(this.body).digest('hex').slice(0, 32);
  }

  /** Bytes it may come to hold, compressed forms included. */
  get sizeBytes(): number {
    return this.body.length * 2;
  }

  /** Each coding is an entity of its own (RFC 9110 8.8.3.3). A Range header is ignored: a playlist comes whole. */
  answer(request: PlaybackRequest, cacheControl: string): Answer | Promise<Answer> {
    const coding = codingFor(headerOf(request, 'accept-encoding'));
    const body = coding === 'identity' ? this.body : this.#compressedBy(coding);
    const answered = (bytes: Buffer): Answer =>
      answerWith(
        {
          contentType: this.#contentType,
          cacheControl,
          etag: `"${this.#hash}${ETAG_ENDS[coding]}"`,
          body: bytes,
          acceptsRanges: false,
          extraHeaders: {
            vary: 'Accept-Encoding',
            ...(coding === 'identity' ? {} : { 'content-encoding': coding }),
          },
        },
        request,
      );
    return Buffer.isBuffer(body) ? answered(body) : body.then(answered);
  }

  #compressedBy(coding: CompressedCoding): Buffer | Promise<Buffer> {
    const known = this.#compressed.get(coding);
    if (known !== undefined) return known;
    const made = this.body.length > LONG_BYTES ? compressAside(this.body, coding) : compress(this.body, coding);
    this.#compressed.set(coding, made);
    return made;
  }
}

const compress = (body: Buffer, coding: CompressedCoding): Buffer =>
  coding === 'br' ? brotliCompressSync(body, BROTLI) : gzipSync(body);

const gzipAside = promisify<Buffer, Buffer>(gzip);
const brotliAside = promisify<Buffer, BrotliOptions, Buffer>(brotliCompress);

const compressAside = (body: Buffer, coding: CompressedCoding): Promise<Buffer> =>
  coding === 'br' ? brotliAside(body, BROTLI) : gzipAside(body);
