import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Inject, Injectable } from '@nestjs/common';
import { BroadcastConfig } from '../broadcast.config.ts';
import { RefusedDestinationError } from '../domain/call-errors.ts';
import { retryAfterMs, type AttemptResult } from '../domain/delivery-policy.ts';
import { Chance } from '../ports.ts';
import { assertDestination, pinnedLookup } from './destination-guard.ts';

const MAX_ANSWER_BYTES = 65_536;
const KEPT_ANSWER_CHARS = 1000;

/** Sends webhooks: one POST on a connection of its own, no redirects, bounded in time and in what it reads. */
@Injectable()
export class HttpWebhookSender {
  constructor(
    @Inject(BroadcastConfig) private readonly config: BroadcastConfig,
    @Inject(Chance) private readonly chance: Chance,
  ) {}

  /** Never throws: what went wrong is the result. */
  async send(target: string, headers: Record<string, string>, body: string): Promise<AttemptResult> {
    try {
      const url = assertDestination(target, this.config.values.WEBHOOK_ALLOW_PRIVATE);
      const response = await this.#post(url, headers, Buffer.from(body));
      const retryAfter = retryAfterMs(response.headers['retry-after'], this.chance.nowMs());
      return {
        kind: 'answered',
        status: response.statusCode ?? 0,
        answer: await beginningOf(response),
        ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
      };
    } catch (error) {
      const kind = error instanceof RefusedDestinationError ? 'refused' : 'unreachable';
      return { kind, reason: reasonOf(error) };
    }
  }

  #post(url: URL, headers: Record<string, string>, body: Buffer): Promise<IncomingMessage> {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    return new Promise((resolve, reject) => {
      const outgoing = request(url, {
        method: 'POST',
        headers: { ...headers, 'content-length': String(body.length) },
        agent: false,
        lookup: pinnedLookup(this.config.values.WEBHOOK_ALLOW_PRIVATE),
        signal: AbortSignal.timeout(this.config.values.WEBHOOK_TIMEOUT_MS),
      });
      outgoing.once('response', resolve).once('error', reject).end(body);
    });
  }
}

/** Reads an answer up to the bound; the status alone decides, so a body that breaks off is still an answer. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      pieces.push(piece);
      sizeBytes += piece.length;
      if (sizeBytes >= MAX_ANSWER_BYTES) break;
    }
  } catch {
    // Kept as far as it came.
  }
  return Buffer.concat(pieces).toString('utf8').slice(0, KEPT_ANSWER_CHARS);
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'no answer in time';
  return error.message === '' ? ((error as NodeJS.ErrnoException).code ?? error.name) : error.message;
};
