/** One HTTP request and its answer, with times of one clock. */
export interface Exchange {
  readonly url: string;
  /** 0 when no answer came, `failure` says why. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  readonly askedAtMs: number;
  /** When the first byte of the body came; the end of the answer when there was none. */
  readonly firstByteAtMs: number;
  readonly lastByteAtMs: number;
  readonly failure?: string | undefined;
}

/** What a request asks for. */
export interface AskOptions {
  readonly method?: 'GET' | 'OPTIONS';
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** How the checker reaches a server; the proof of the rules puts a simulated origin here. */
export interface Transport {
  ask(url: string, options: AskOptions): Promise<Exchange>;
}

/** The checker's clock, ms; the proof of the rules puts a virtual one here. */
export interface Clock {
  nowMs(): number;
  /** Resolves after `ms`, or as soon as `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Media bytes that count in whatever range they were asked. */
export const isServed = ({ status }: Exchange): boolean => status === 200 || status === 206;
