import type { Clock } from '../src/index.ts';
import { mediaText, multivariantText, type PlaylistForm } from './simulated-playlist.ts';
import {
  initBytes,
  isGap,
  partBytes,
  reachAt,
  readyAtMs,
  RENDITIONS,
  segmentBytes,
  STREAM,
  type SimulatedRendition,
} from './simulated-stream.ts';

/** A request as the simulated origin sees it. */
export interface SimulatedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** An answer of the simulated origin; `bodyMs` is how long the body takes after its first byte. */
export interface SimulatedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly bodyMs?: number;
}

/** How the stream behaves. */
export interface SimulatedOptions {
  readonly lowLatency: boolean;
  /** When the stream ends, ms of its own time. */
  readonly endMs: number;
}

/** Something between the checker and the correct origin that breaks one rule. */
export type Mutation = (request: SimulatedRequest, origin: SimulatedOrigin) => Promise<SimulatedAnswer>;

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Age, Content-Length, Content-Range, Date, ETag',
};
const KEPT_MS = 90_000;
const LATENCY_MS = 5;

/** A correct Low-Latency HLS origin whose stream is a function of its clock. */
export class SimulatedOrigin {
  constructor(
    readonly clock: Clock,
    readonly options: SimulatedOptions,
  ) {}

  /** The answer to a request, when it is due. */
  async answer(request: SimulatedRequest): Promise<SimulatedAnswer> {
    await this.clock.sleep(LATENCY_MS);
    if (request.method === 'OPTIONS') return { status: 204, headers: CORS, body: Buffer.alloc(0) };
    const [, name = '', file] = /^\/live\/([a-z]+)(?:\.m3u8|\/(.+))$/.exec(request.path) ?? [];
    if (name === 'index') return playlistAnswer(multivariantText(), 1);
    const rendition = RENDITIONS.find((one) => one.name === (name === 'iframes' ? 'high' : name));
    if (rendition === undefined) return refusal(404);
    return file === undefined
      ? this.#playlist(rendition, { query: request.query, iFrames: name === 'iframes' })
      : this.#media(rendition, file);
  }

  /** The text of a playlist as it is now. */
  text(rendition: SimulatedRendition, form: Partial<PlaylistForm> = {}): string {
    const { lowLatency, endMs } = this.options;
    const nowMs = this.clock.nowMs();
    return mediaText(rendition, { reach: reachAt(nowMs, endMs), ended: nowMs >= endMs, lowLatency, ...form });
  }

  async #playlist(
    rendition: SimulatedRendition,
    { query, iFrames }: { query: URLSearchParams; iFrames: boolean },
  ): Promise<SimulatedAnswer> {
    const number = query.get('_HLS_msn');
    const part = query.get('_HLS_part');
    const skip = query.get('_HLS_skip');
    const isLive = this.clock.nowMs() < this.options.endMs;
    if (this.options.lowLatency && isLive) {
      const refused = this.#refusalOf(number, part);
      if (refused !== undefined) return refused;
      if (number !== null) {
        const index = Number(number) - STREAM.firstMediaSequence;
        await this.#waitUntil(readyAtMs(index, part === null ? undefined : Number(part)));
      }
    }
    const isSkip = skip === 'YES' || skip === 'v2';
    const text = this.text(rendition, {
      iFrames,
      ...(iFrames ? { reach: { ...reachAt(this.clock.nowMs(), this.options.endMs), parts: 0 } } : {}),
      skip: this.options.lowLatency && isSkip ? skip : undefined,
    });
    return playlistAnswer(text, number === null ? STREAM.targetSec / 2 : 6 * STREAM.targetSec);
  }

  #refusalOf(number: string | null, part: string | null): SimulatedAnswer | undefined {
    if (number === null) return part === null ? undefined : refusal(400);
    if (!/^\d+$/.test(number)) return refusal(400);
    const { segments } = reachAt(this.clock.nowMs(), this.options.endMs);
    const isFar = Number(number) - STREAM.firstMediaSequence > segments + 1;
    return isFar || Number(part ?? 0) > 10 ? refusal(400) : undefined;
  }

  /** Until the stream has what is asked, or has ended. */
  async #waitUntil(atMs: number): Promise<void> {
    const untilMs = Math.min(atMs, this.options.endMs);
    // A timer of the machine may fire a fraction of a millisecond early.
    while (untilMs > this.clock.nowMs()) await this.clock.sleep(untilMs - this.clock.nowMs());
  }

  async #media(rendition: SimulatedRendition, file: string): Promise<SimulatedAnswer> {
    if (/^init-[01]\.mp4$/.test(file)) return mediaAnswer(initBytes(rendition));
    const [, number, partText] = /^(\d+)(?:\.(\d))?\.m4s$/.exec(file) ?? [];
    if (number === undefined) return refusal(404);
    const index = Number(number) - STREAM.firstMediaSequence;
    const part = partText === undefined ? undefined : Number(partText);
    if (isGap(rendition.name, index) || !this.#isOwed(index, part)) return refusal(404);
    await this.#waitUntil(readyAtMs(index, part));
    return mediaAnswer(part === undefined ? segmentBytes(rendition, index) : partBytes(rendition, index, part));
  }

  /** Whether it is there and not too old, or hinted. */
  #isOwed(index: number, part: number | undefined): boolean {
    const { lowLatency, endMs } = this.options;
    const nowMs = this.clock.nowMs();
    const dueMs = readyAtMs(index, part);
    const { parts, segments } = reachAt(nowMs, endMs);
    const isHinted = lowLatency && index === segments && part === parts;
    return dueMs <= endMs && nowMs - dueMs <= KEPT_MS && (dueMs <= nowMs || isHinted);
  }
}

const playlistAnswer = (text: string, maxAgeSec: number): SimulatedAnswer => ({
  status: 200,
  headers: { ...CORS, 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': `max-age=${maxAgeSec}` },
  body: Buffer.from(text),
});

const mediaAnswer = (body: Buffer): SimulatedAnswer => ({
  status: 200,
  headers: { ...CORS, 'content-type': 'video/mp4', 'cache-control': 'max-age=12' },
  body,
});

/** An error with what every error has. */
export const refusal = (status: number): SimulatedAnswer => ({
  status,
  headers: { ...CORS, 'cache-control': 'max-age=1' },
  body: Buffer.from(`{"error":"${status}"}`),
});
