import { setTimeout as sleep } from 'node:timers/promises';
import type { TrackWindow, WindowFact } from '#shared/contracts';
import { applyWindowFact, type LiveWindowReader } from '#shared/live-window';
import { WindowUnavailableError } from '../domain/errors.ts';
import type { Clock, TrackFact } from '../ports.ts';
import { SingleFlight } from './single-flight.ts';
import { Seats, WaitingRoom, type Wish } from './waiting-room.ts';

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
  /** When a read of Redis last ended. */
  readAtMs: number;
  /** Facts that wait for a read. */
  pending: TrackedFact[];
  readonly waiting: WaitingRoom<readonly TrackWindow[]>;
}

// How long an empty or failed read stands, and how long a window may hear nothing before it is read again.
const NEGATIVE_MS = 500;
const STALE_MS = 2000;
const WAITED_FOR_STALE_MS = 1000;
/** How often at most those who ask for what is not known here make this node read again. */
const LOOK_AGAIN_MS = 250;
const PATIENCE_MS = 250;
const MAX_PENDING_FACTS = 256;
const MAX_WAITERS = 10_000;
/** How often an input that somebody waits for is looked at: the last fact before a pause may be the one that was lost. */
const WATCH_MS = 500;
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
  readonly #seats = new Seats(MAX_WAITERS);
  #watch: NodeJS.Timeout | undefined;

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

  /** Inputs of which something is in memory: somebody watches them, or did not long ago. */
  watchedIds(): string[] {
    return [...this.#inputs.values()].filter(({ list }) => list.length > 0).map(({ inputId }) => inputId);
  }

  /** The windows of an input, empty when there are none; throws WindowUnavailableError when that cannot be known. */
  async read(inputId: string): Promise<readonly TrackWindow[]> {
    const input = this.#touch(inputId);
    const silentMs = this.options.clock.nowMs() - input.heardAtMs;
    if (input.list.length > 0) {
      if (silentMs >= STALE_MS) await this.#refreshPatiently(input);
      return input.list;
    }
    if (silentMs >= NEGATIVE_MS) await this.#refresh(input);
    if (input.list.length === 0 && input.failure !== undefined) {
      throw new WindowUnavailableError('the live window cannot be read; try again', { cause: input.failure });
    }
    return input.list;
  }

  /** Somebody asks for what is not known here: resolves when Redis was read again, or had no chance to tell more. */
  async lookAgain(inputId: string): Promise<void> {
    const input = this.#touch(inputId);
    const dueInMs = input.readAtMs + LOOK_AGAIN_MS - this.options.clock.nowMs();
    if (dueInMs > 0) await sleep(dueInMs);
    await this.#refreshPatiently(input);
  }

  /** Resolves with the windows as soon as the wish is fulfilled, or with undefined after `withinMs`. */
  waitFor(
    inputId: string,
    wish: Wish<readonly TrackWindow[]>,
    withinMs: number,
  ): Promise<readonly TrackWindow[] | undefined> {
    const input = this.#touch(inputId);
    if (wish.isFulfilled(input.list)) return Promise.resolve(input.list);
    this.#watch ??= setInterval(() => this.#lookAfterWaiting(), WATCH_MS).unref();
    return input.waiting.wait(wish, withinMs);
  }

  /** Takes one fact from the bus. */
  apply({ inputId, trackId, fact }: TrackFact): void {
    const input = this.#inputs.get(inputId);
    if (input === undefined) return;
    if (this.#applyTo(input, { trackId, fact })) return;
    if (input.pending.length < MAX_PENDING_FACTS) input.pending.push({ trackId, fact });
    void this.#refresh(input);
  }

  /** Facts may have been missed: every input is read again, at once where somebody waits, else when next asked for. */
  doubtAll(): void {
    for (const input of this.#inputs.values()) {
      input.heardAtMs = -Infinity;
      if (!input.waiting.isEmpty) void this.#refresh(input);
    }
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
      readAtMs: -Infinity,
      pending: [],
      waiting: new WaitingRoom<readonly TrackWindow[]>(this.#seats),
    };
    this.#inputs.delete(inputId);
    this.#inputs.set(inputId, input);
    if (this.#inputs.size > this.options.maxInputs) this.#evictOldest();
    return input;
  }

  #evictOldest(): void {
    for (const [inputId, input] of this.#inputs) {
      if (!input.waiting.isEmpty) continue;
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
    input.waiting.changed(input.list, new Set(windows.map((window) => window.track.trackId)));
  }

  #lookAfterWaiting(): void {
    const waitedFor = [...this.#inputs.values()].filter((input) => !input.waiting.isEmpty);
    if (waitedFor.length === 0) {
      clearInterval(this.#watch);
      this.#watch = undefined;
    }
    const nowMs = this.options.clock.nowMs();
    for (const input of waitedFor) if (nowMs - input.heardAtMs >= WAITED_FOR_STALE_MS) void this.#refresh(input);
  }

  /** A Redis that does not answer must not hold up those for whom memory will do. */
  async #refreshPatiently(input: Mirrored): Promise<void> {
    const answered = new AbortController();
    const late = sleep(PATIENCE_MS, undefined, { signal: answered.signal }).catch(() => undefined);
    await Promise.race([this.#refresh(input), late]);
    answered.abort();
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
      input.readAtMs = this.options.clock.nowMs();
      input.heardAtMs = input.readAtMs;
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

/** A list that a player has seen must not go back: neither to an older packager's view, nor to fewer numbers or parts. */
function isNews(held: TrackWindow | undefined, read: TrackWindow): boolean {
  if (held === undefined) return true;
  if (read.fence < held.fence) return false;
  const ahead = compareEdges(read, held);
  return ahead > 0 || (ahead === 0 && (read.fence > held.fence || read.revision >= held.revision));
}

/** Positive when the first window reaches further, in whole segments and then in parts of the open one. */
function compareEdges(a: TrackWindow, b: TrackWindow): number {
  const closed = lastClosedOf(a) - lastClosedOf(b);
  return closed === 0 ? (a.open?.parts.length ?? 0) - (b.open?.parts.length ?? 0) : closed;
}

const lastClosedOf = (window: TrackWindow): number => window.segments.at(-1)?.mediaSequence ?? -1;
