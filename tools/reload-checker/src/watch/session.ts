import { setMaxListeners } from 'node:events';
import type { Clock, Exchange, Transport } from '../exchange.ts';
import { Ledger, type Finding } from '../ledger.ts';
import { judge, type Judgement } from '../rule.ts';
import { exchangeRules, type ExchangeSubject } from '../rules/exchange-rules.ts';

/** What to watch and how. */
export interface WatchOptions {
  /** A multivariant or media playlist. */
  readonly url: string;
  /** How long; Infinity until `signal` aborts. */
  readonly forMs: number;
  /** `off` polls even where blocking reload is offered. */
  readonly lowLatency?: 'auto' | 'off';
  /** Rules by line number or id; none means all. */
  readonly selectors?: readonly string[];
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the network and both machines may take before something counts as late. */
  readonly toleranceMs?: number;
  /** Whether segments and parts are fetched. */
  readonly media?: boolean;
  /** Whether requests are sent that a server should refuse, and other ones that a player would not send. */
  readonly probes?: boolean;
  /** Hears of every fault at once. */
  readonly onFinding?: (finding: Finding) => void;
  readonly signal?: AbortSignal;
}

/** What the watch runs on. */
export interface WatchGround {
  readonly transport: Transport;
  readonly clock: Clock;
}

const DEFAULT_TOLERANCE_MS = 500;
const MAX_MEDIA_REQUESTS = 6;
const DEFAULT_TIMEOUT_MS = 10_000;
/** Makes a server send what scripts of other sites need. */
const ORIGIN = 'https://reload-checker.invalid';

/** One watch: its clock, its end, its requests and its ledger. */
export class Session {
  readonly ledger: Ledger;
  readonly toleranceMs: number;
  readonly startedAtMs: number;
  readonly #end = new AbortController();
  readonly #queue: Array<() => void> = [];
  #mediaRequests = 0;

  constructor(
    readonly options: WatchOptions,
    readonly ground: WatchGround,
  ) {
    // Every request and pause listens to the one end.
    setMaxListeners(0, this.#end.signal);
    this.startedAtMs = ground.clock.nowMs();
    this.toleranceMs = options.toleranceMs ?? DEFAULT_TOLERANCE_MS;
    this.ledger = new Ledger({
      selectors: options.selectors ?? [],
      nowMs: () => this.nowMs() - this.startedAtMs,
      onFinding: options.onFinding,
    });
    options.signal?.addEventListener('abort', () => this.end(), { once: true });
    if (options.signal?.aborted === true) this.end();
  }

  get running(): boolean {
    return !this.#end.signal.aborted;
  }

  nowMs(): number {
    return this.ground.clock.nowMs();
  }

  /** Ends every request and pause. */
  end(): void {
    this.#end.abort();
    for (const begin of this.#queue.splice(0)) begin();
  }

  /** Waits, but not beyond the end of the watch. */
  async pause(ms: number): Promise<void> {
    if (this.running && ms > 0) await this.ground.clock.sleep(ms, this.#end.signal);
  }

  /** Waits until an instant of the clock. */
  async until(atMs: number): Promise<void> {
    await this.pause(atMs - this.nowMs());
  }

  enter(judgements: readonly Judgement[]): void {
    this.ledger.enter(judgements);
  }

  /** Sends a request and judges the answer as any; undefined when the watch ended before it came. */
  async ask(
    url: string,
    {
      kind,
      targetDurationSec,
      ...ask
    }: Omit<ExchangeSubject, 'exchange'> & {
      method?: 'GET' | 'OPTIONS';
      timeoutMs?: number;
      headers?: Readonly<Record<string, string>>;
    },
  ): Promise<Exchange | undefined> {
    if (!this.running) return undefined;
    const exchange = await this.ground.transport.ask(url, {
      method: ask.method ?? 'GET',
      timeoutMs: ask.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      headers: { origin: ORIGIN, ...this.options.headers, ...ask.headers },
      signal: this.#end.signal,
    });
    if (!this.running) return undefined;
    this.enter(judge(exchangeRules, { exchange, kind, targetDurationSec }, url));
    return exchange;
  }

  /** As `ask`, for media: only a few at once, as a player would. */
  async askForMedia(
    url: string,
    options: { targetDurationSec: number | undefined; headers?: Readonly<Record<string, string>> },
  ): Promise<Exchange | undefined> {
    if (this.#mediaRequests >= MAX_MEDIA_REQUESTS) {
      await new Promise<void>((resolve) => {
        this.#queue.push(resolve);
      });
    }
    this.#mediaRequests += 1;
    try {
      return await this.ask(url, { kind: 'media', ...options });
    } finally {
      this.#mediaRequests -= 1;
      this.#queue.shift()?.();
    }
  }
}
