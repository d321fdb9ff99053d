import type { AskOptions, Exchange, Transport } from '../exchange.ts';

const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** HTTP by Node's own fetch; times are of `nowMs`. An answer that does not come is an exchange of status 0, never an error. */
export class HttpTransport implements Transport {
  constructor(private readonly nowMs: () => number) {}

  async ask(url: string, options: AskOptions): Promise<Exchange> {
    const askedAtMs = this.nowMs();
    try {
      return await this.#fetch(url, { ...options, askedAtMs });
    } catch (error) {
      const failedAtMs = this.nowMs();
      return {
        url,
        status: 0,
        headers: new Map(),
        body: new Uint8Array(),
        askedAtMs,
        firstByteAtMs: failedAtMs,
        lastByteAtMs: failedAtMs,
        failure: reasonOf(error),
      };
    }
  }

  async #fetch(url: string, options: AskOptions & { askedAtMs: number }): Promise<Exchange> {
    const { method = 'GET', headers = {}, timeoutMs, signal, askedAtMs } = options;
    const limit = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, {
      method,
      headers,
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    });
    const pieces: Uint8Array[] = [];
    let sizeBytes = 0;
    let firstByteAtMs: number | undefined;
    for await (const piece of response.body ?? []) {
      firstByteAtMs ??= this.nowMs();
      sizeBytes += piece.length;
      if (sizeBytes > MAX_BODY_BYTES) throw new Error(`expected at most ${MAX_BODY_BYTES} bytes, more came`);
      pieces.push(piece);
    }
    const lastByteAtMs = this.nowMs();
    return {
      url: response.url || url,
      status: response.status,
      headers: new Map(response.headers),
      body: Buffer.concat(pieces),
      askedAtMs,
      firstByteAtMs: firstByteAtMs ?? lastByteAtMs,
      lastByteAtMs,
    };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
