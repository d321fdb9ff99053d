import { setTimeout as sleep } from 'node:timers/promises';
import type { TrackWindow, WindowFact } from '#shared/contracts';
import { applyWindowFact, type LiveWindowReader } from '#shared/live-window';
import { WindowUnavailableError } from '../domain/errors.ts';
import type { Clock, TrackFact } from '../ports.ts';
import { SingleFlight } from './single-flight.ts';

interface TrackedFact {
  readonly trackId: number;
  readonly fact: WindowFact;
}

interface Mirrored {
  readonly inputId: string;
  tracks: Map<number, TrackWindow>;
  /** The values of `tracks`, ascending by track id; a new array with each change. */
  list: readonly TrackWindow[];
  /** When Redis or a fact last said something; -Infinity before the first time. */
  heardAtMs: number;
  failure: unknown;
  /** Facts that wait for a read. */
  pending: TrackedFact[];
  readonly waiters: Set<() => void>;
}

// How long an empty or failed read stands, and how long a window may hear nothing before it is read again.
const NEGATIVE_MS = 500;
const STALE_MS = 2000;
const MAX_PENDING_FACTS = 256;
const MAX_WAITERS = 10_000;
/** Facts are published beside the write to Redis, so a read may come before what it is to find. */
const READ_ATTEMPTS = 5;
const REREAD_DELAY_MS = 100;

/**
 * The windows of the inputs that somebody watches, in memory: read once from Redis, then kept by window facts.
 * What is in memory stands while Redis is away or empty, and no window ever goes back to an older number.
 */
export class WindowMirror {
  readonly #inputs = new Map<string, Mirrored>();
  readonly #reads = new SingleFlight<void>();
  #waiting = 0;

  constructor(
    private readonly options: {
      reader: LiveWindowReader;
      clock: Clock;
      maxInputs: number;
      onReadFailed(inputId: string, error: unknown): void;
    },
  ) {}

  /** Whether facts of this input are of use. */
  has(inputId: string): boolean {
    return this.#inputs.has(inputId);
  }

  /** The windows of an input, empty when there are none; throws WindowUnavailableError when that cannot be known. */
  async read(inputId: string): Promise<readonly TrackWindow[]> {
    const input = this.#touch(inputId);
    const silentMs = this.options.clock.nowMs() - input.heardAtMs;
    if (input.list.length > 0) {
      if (silentMs >= STALE_MS) void this.#refresh(input);
      return input.list;
    }
    if (silentMs >= NEGATIVE_MS) await this.#refresh(input);
    if (input.list.length === 0 && input.failure !== undefined) {
      throw new WindowUnavailableError('the live window cannot be read; try again', { cause: input.failure });
    }
    return input.list;
  }

  /** Resolves with the windows as soon as they pass `isEnough`, or with undefined after `withinMs`. */
  async waitFor(
    inputId: string,
    isEnough: (windows: readonly TrackWindow[]) => boolean,
    withinMs: number,
  ): Promise<readonly TrackWindow[] | undefined> {
    const input = this.#touch(inputId);
    if (isEnough(input.list)) return input.list;
    if (this.#waiting >= MAX_WAITERS) return undefined;
    this.#waiting += 1;
    return new Promise((resolve) => {
      const finish = (windows: readonly TrackWindow[] | undefined): void => {
        clearTimeout(timer);
        input.waiters.delete(check);
        this.#waiting -= 1;
        resolve(windows);
      };
      const timer = setTimeout(() => finish(undefined), withinMs);
      const check = (): void => {
        if (isEnough(input.list)) finish(input.list);
      };
      input.waiters.add(check);
    });
  }

  /** Takes one fact from the bus. */
  apply({ inputId, trackId, fact }: TrackFact): void {
    const input = this.#inputs.get(inputId);
    if (input === undefined) return;
    if (this.#applyTo(input, { trackId, fact })) return;
    if (input.pending.length < MAX_PENDING_FACTS) input.pending.push({ trackId, fact });
    void this.#refresh(input);
  }

  /** Facts may have been missed: every input is read again, when next asked for. */
  doubtAll(): void {
    for (const input of this.#inputs.values()) input.heardAtMs = -Infinity;
  }

  /** An input that is no more. */
  forget(inputId: string): void {
    this.#inputs.delete(inputId);
  }

  #touch(inputId: string): Mirrored {
    const input = this.#inputs.get(inputId) ?? {
      inputId,
      tracks: new Map<number, TrackWindow>(),
      list: [],
      heardAtMs: -Infinity,
      failure: undefined,
      pending: [],
      waiters: new Set<() => void>(),
    };
    this.#inputs.delete(inputId);
    this.#inputs.set(inputId, input);
    if (this.#inputs.size > this.options.maxInputs) this.#evictOldest();
    return input;
  }

  #evictOldest(): void {
    for (const [inputId, input] of this.#inputs) {
      if (input.waiters.size > 0) continue;
      this.#inputs.delete(inputId);
      return;
    }
  }

  /** False when only a read can tell. */
  #applyTo(input: Mirrored, { trackId, fact }: TrackedFact): boolean {
    const before = input.tracks.get(trackId);
    const after = before === undefined ? undefined : applyWindowFact(before, fact);
    if (after === undefined) return false;
    input.heardAtMs = this.options.clock.nowMs();
    if (after !== before) this.#keep(input, [after]);
    return true;
  }

  #keep(input: Mirrored, windows: readonly TrackWindow[]): void {
    const tracks = new Map(input.tracks);
    for (const window of windows) tracks.set(window.track.trackId, window);
    input.tracks = tracks;
    input.list = [...tracks.values()].toSorted((a, b) => a.track.trackId - b.track.trackId);
    for (const check of input.waiters) check();
  }

  #refresh(input: Mirrored): Promise<void> {
    return this.#reads.run(input.inputId, async () => {
      try {
        await this.#readUntilCaughtUp(input);
        input.failure = undefined;
      } catch (error) {
        input.failure = error;
        input.pending = [];
        this.options.onReadFailed(input.inputId, error);
      }
      input.heardAtMs = this.options.clock.nowMs();
    });
  }

  async #readUntilCaughtUp(input: Mirrored): Promise<void> {
    for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt += 1) {
      // What a reset announces was written before it: the read that follows has it.
      const early = input.pending.filter(({ fact }) => fact.change.kind !== 'reset');
      input.pending = [];
      const windows = await this.options.reader.readInput(input.inputId);
      const news = windows.filter((window) => isNews(input.tracks.get(window.track.trackId), window));
      if (news.length > 0) this.#keep(input, news);
      const facts = [...early, ...input.pending];
      input.pending = facts.filter((fact) => !this.#applyTo(input, fact));
      if (input.pending.length === 0) return;
      if (attempt < READ_ATTEMPTS) await sleep(REREAD_DELAY_MS);
    }
    input.pending = [];
  }
}

/** A list that a player has seen must not go back: neither to an older packager's view nor to fewer numbers. */
function isNews(held: TrackWindow | undefined, read: TrackWindow): boolean {
  if (held === undefined) return true;
  return read.fence >= held.fence && lastClosedOf(read) >= lastClosedOf(held);
}

const lastClosedOf = (window: TrackWindow): number => window.segments.at(-1)?.mediaSequence ?? -1;
