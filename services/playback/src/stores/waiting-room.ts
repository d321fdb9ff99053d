/** What somebody waits for; whoever gives the same key waits for the same. */
export interface Wish<T> {
  readonly key: string;
  /** Only a change of this track can fulfil it; absent: a change of any. */
  readonly trackId?: number;
  isFulfilled(now: T): boolean;
}

/** How many may wait in all rooms that share it. */
export class Seats {
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  take(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  give(): void {
    this.#free += 1;
  }
}

interface Group<T> {
  readonly wish: Wish<T>;
  readonly release: Set<(now: T | undefined) => void>;
}

/** Timers of the same length share one list in Node; lengths are rounded up to this, ms. */
const TIMER_STEP_MS = 50;

/**
 * Those who wait for a change. However many wait for one thing, a change looks at it once; who leaves costs nothing after.
 */
export class WaitingRoom<T> {
  readonly #groups = new Map<string, Group<T>>();

  constructor(private readonly seats: Seats) {}

  get isEmpty(): boolean {
    return this.#groups.size === 0;
  }

  /** What fulfilled the wish, as soon as it does; undefined after `withinMs`, or at once when every seat is taken. */
  wait(wish: Wish<T>, withinMs: number): Promise<T | undefined> {
    if (!this.seats.take()) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const group = this.#groupOf(wish);
      const release = (now: T | undefined): void => {
        clearTimeout(timer);
        this.seats.give();
        resolve(now);
      };
      const timer = setTimeout(
        () => {
          group.release.delete(release);
          if (group.release.size === 0) this.#forget(group);
          release(undefined);
        },
        Math.ceil(withinMs / TIMER_STEP_MS) * TIMER_STEP_MS,
      );
      group.release.add(release);
    });
  }

  /** Something changed, of these tracks: everybody whose wish that fulfils is let go. */
  changed(now: T, trackIds: ReadonlySet<number>): void {
    for (const group of this.#groups.values()) {
      const { wish } = group;
      if (wish.trackId !== undefined && !trackIds.has(wish.trackId)) continue;
      if (!wish.isFulfilled(now)) continue;
      this.#forget(group);
      for (const release of group.release) release(now);
    }
  }

  #groupOf(wish: Wish<T>): Group<T> {
    const standing = this.#groups.get(wish.key);
    if (standing !== undefined) return standing;
    const group: Group<T> = { wish, release: new Set() };
    this.#groups.set(wish.key, group);
    return group;
  }

  /** A later group may stand under the same key. */
  #forget(group: Group<T>): void {
    if (this.#groups.get(group.wish.key) === group) this.#groups.delete(group.wish.key);
  }
}
