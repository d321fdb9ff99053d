import {
  HttpTransport,
  NotWatchableError,
  ruleBook,
  systemClock,
  watch,
  type Finding,
  type WatchGround,
} from '#reload-checker';
import type { OriginLogger } from '#shared/observability';

/** Which inputs are audited: those named, or every one that somebody watches. */
export type AuditedInputs = ReadonlySet<string> | 'watched';

const AT_ONCE = 2;
const ROUND_MS = 60_000;
const PAUSE_MS = 5000;
const TOLERANCE_MS = 1000;
/** What an encoder that comes and goes does to the live list of an input is no fault of the origin (docs/decisions/0004). */
const NOT_THE_ORIGINS = /^(?:11-|15-end-is-final$)/;

/** Watches the origin's own live playlists over loopback with the reload checker, a few inputs at a time, in turns. */
export class SelfAudit {
  readonly #stop = new AbortController();
  readonly #audited = new Set<string>();
  readonly #lastRoundAtMs = new Map<string, number>();
  #lanes: Array<Promise<void>> = [];

  constructor(
    private readonly options: {
      inputs: AuditedInputs;
      watchedInputs: () => readonly string[];
      onFinding: (inputId: string, finding: Finding) => void;
      logger: OriginLogger;
    },
  ) {}

  /** Begins, with the door at this address. Does nothing where no input is to be audited. */
  start(baseUrl: string): void {
    const { inputs } = this.options;
    if (inputs !== 'watched' && inputs.size === 0) return;
    this.#lanes = Array.from({ length: AT_ONCE }, () => this.#run(baseUrl));
  }

  /** Ends every round at once. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#lanes);
  }

  async #run(baseUrl: string): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const inputId = this.#next();
      if (inputId !== undefined) await this.#round(inputId, baseUrl);
      await systemClock.sleep(PAUSE_MS, signal);
    }
  }

  /** The one whose last round is longest ago. */
  #next(): string | undefined {
    const watched = this.options.watchedInputs();
    const { inputs } = this.options;
    const candidates = (inputs === 'watched' ? watched : [...inputs]).filter((id) => !this.#audited.has(id));
    for (const id of this.#lastRoundAtMs.keys()) {
      if (!candidates.includes(id) && !this.#audited.has(id)) this.#lastRoundAtMs.delete(id);
    }
    const roundOf = (id: string): number => this.#lastRoundAtMs.get(id) ?? -Infinity;
    return candidates.toSorted((a, b) => roundOf(a) - roundOf(b))[0];
  }

  async #round(inputId: string, baseUrl: string): Promise<void> {
    const ground: WatchGround = { clock: systemClock, transport: new HttpTransport(() => systemClock.nowMs()) };
    this.#audited.add(inputId);
    this.#lastRoundAtMs.set(inputId, systemClock.nowMs());
    try {
      await watch(
        {
          url: `${baseUrl}/live/${inputId}/index.m3u8`,
          forMs: ROUND_MS,
          selectors: ruleBook.map(({ id }) => id).filter((id) => !NOT_THE_ORIGINS.test(id)),
          media: false,
          probes: false,
          toleranceMs: TOLERANCE_MS,
          signal: this.#stop.signal,
          onFinding: (finding) => this.options.onFinding(inputId, finding),
        },
        ground,
      ).report;
    } catch (error) {
      // Not live now, or not to be had without a token.
      const isExpected = error instanceof NotWatchableError || this.#stop.signal.aborted;
      if (!isExpected) this.options.logger.warn('audit.round_failed', { inputId, reason: String(error) });
    } finally {
      this.#audited.delete(inputId);
    }
  }
}
