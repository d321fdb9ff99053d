import type { AskOptions, Clock, Exchange, Transport } from '../src/index.ts';
import type { SimulatedAnswer, SimulatedRequest } from './simulated-origin.ts';

/** Brings requests to a simulated origin in the same process, by its own clock. */
export class SimulatedTransport implements Transport {
  constructor(
    private readonly clock: Clock,
    private readonly answer: (request: SimulatedRequest) => Promise<SimulatedAnswer>,
  ) {}

  async ask(url: string, { method = 'GET', timeoutMs, signal }: AskOptions): Promise<Exchange> {
    const askedAtMs = this.clock.nowMs();
    const { pathname, searchParams } = new URL(url);
    const timeout = new AbortController();
    const gaveUp = this.clock
      .sleep(timeoutMs, signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]))
      .then(() => undefined);
    const answer = await Promise.race([this.answer({ method, path: pathname, query: searchParams }), gaveUp]);
    timeout.abort();
    const firstByteAtMs = this.clock.nowMs();
    if (answer?.bodyMs !== undefined) await this.clock.sleep(answer.bodyMs, signal);
    return {
      url,
      status: answer?.status ?? 0,
      headers: new Map(Object.entries(answer?.headers ?? {})),
      body: answer?.body ?? Buffer.alloc(0),
      askedAtMs,
      firstByteAtMs,
      lastByteAtMs: this.clock.nowMs(),
      ...(answer === undefined ? { failure: 'timeout' } : {}),
    };
  }
}
