import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { answerWith, headerOf, type Answer, type PlaybackRequest } from './answer.ts';

const CONTENT_TYPE = 'application/vnd.apple.mpegurl';

/** A playlist as bytes, shared by every viewer of one revision; compressed once, when first asked for. */
export class RenderedPlaylist {
  readonly body: Buffer;
  readonly #hash: string;
  #gzipped: Buffer | undefined;

  constructor(text: string) {
    this.body = Buffer.from(text);
    this.#hash = createHash('sha256').update(this.body).digest('hex').slice(0, 32);
  }

  /** Bytes it may come to hold, compressed form included. */
  get sizeBytes(): number {
    return this.body.length * 2;
  }

  /** Each encoding is an entity of its own (RFC 9110 8.8.3.3). A Range header is ignored: a playlist comes whole. */
  answer(request: PlaybackRequest, cacheControl: string): Answer {
    const compressed = acceptsGzip(headerOf(request, 'accept-encoding'));
    return answerWith(
      {
        contentType: CONTENT_TYPE,
        cacheControl,
        etag: compressed ? `"${this.#hash}-gz"` : `"${this.#hash}"`,
        body: compressed ? (this.#gzipped ??= gzipSync(this.body)) : this.body,
        acceptsRanges: false,
        extraHeaders: compressed
          ? { vary: 'Accept-Encoding', 'content-encoding': 'gzip' }
          : { vary: 'Accept-Encoding' },
      },
      request,
    );
  }
}

/** Whether gzip may be sent (RFC 9110 12.5.3): named, or covered by a star, and not with q=0. */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined) return false;
  const qualities = new Map<string, number>();
  for (const item of header.split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    qualities.set(coding, quality === undefined ? 1 : Number(quality.slice(2)));
  }
  return (qualities.get('gzip') ?? qualities.get('*') ?? 0) > 0;
}
