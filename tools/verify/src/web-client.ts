import type { z } from 'zod';

/** An answer that is not the one that was needed. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';

  constructor(
    message: string,
    /** Absent when no answer came. */
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A first request of a stream that starts is held for up to eight seconds. */
const TIMEOUT_MS = 20_000;
const MAX_BODY_BYTES = 134_217_728;

/** GET over HTTP, bounded in time and size; throws UnexpectedAnswerError for anything but a 200. */
export class WebClient {
  async bytes(url: string): Promise<Buffer> {
    const response = await this.#get(url);
    const pieces: Uint8Array[] = [];
    let sizeBytes = 0;
    try {
      for await (const piece of response.body ?? []) {
        sizeBytes += piece.length;
        if (sizeBytes > MAX_BODY_BYTES)
          throw new UnexpectedAnswerError(`${url}: more than ${MAX_BODY_BYTES} bytes came`);
        pieces.push(piece);
      }
    } catch (cause) {
      if (cause instanceof UnexpectedAnswerError) throw cause;
      throw new UnexpectedAnswerError(`${url}: the body was cut after ${sizeBytes} bytes`, undefined, { cause });
    }
    return Buffer.concat(pieces);
  }

  async text(url: string): Promise<string> {
    return (await this.bytes(url)).toString('utf8');
  }

  /** A JSON body of this shape. */
  async json<S extends z.ZodType>(url: string, schema: S): Promise<z.output<S>> {
    const text = await this.text(url);
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      throw new UnexpectedAnswerError(`${url}: expected a report, got something else`, undefined, { cause });
    }
  }

  async #get(url: string): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (cause) {
      throw new UnexpectedAnswerError(`${url}: no answer (${reasonOf(cause)})`, undefined, { cause });
    }
    if (response.status === 200) return response;
    await response.body?.cancel();
    throw new UnexpectedAnswerError(`${url}: expected 200, got ${response.status}`, response.status);
  }
}

const reasonOf = (cause: unknown): string => {
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return reason instanceof Error ? reason.message : String(reason);
};
