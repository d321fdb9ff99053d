import type { Clock } from '../src/index.ts';

interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
}

/** A clock that jumps to the next timer whenever nothing is left to do: a minute takes milliseconds, always the same way. */
export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #timers = new Set<Timer>();

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const timer: Timer = { atMs: this.#nowMs + Math.max(0, ms), fire: resolve };
      this.#timers.add(timer);
      signal?.addEventListener(
        'abort',
        () => {
          this.#timers.delete(timer);
          resolve();
        },
        { once: true },
      );
    });
  }

  /** Lets time pass until the work is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    const state = { done: false };
    const end = (): void => {
      state.done = true;
    };
    work.then(end, end);
    while (!state.done) {
      await settle();
      if (!state.done) this.#jump();
    }
    return work;
  }

  #jump(): void {
    const next = [...this.#timers].reduce<Timer | undefined>(
      (first, timer) => (first === undefined || timer.atMs < first.atMs ? timer : first),
      undefined,
    );
    if (next === undefined) throw new Error('virtual clock: work is left but no timer');
    this.#timers.delete(next);
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    next.fire();
  }
}

/** Until all that can go on without time has gone on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
