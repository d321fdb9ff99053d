import type { Problem } from './problem.ts';

/** What to tell of a problem: it is there (again, when it lasts), or it is over. */
export interface ProblemNews {
  readonly kind: 'raised' | 'cleared';
  readonly problem: Problem;
}

interface Entry {
  readonly problem: Problem;
  raisedAtMs: number;
  seenAtMs: number;
  readonly holdMs: number;
}

/** A problem that lasts is told again this often. */
const REPEAT_MS = 60_000;
const MAX_ENTRIES = 256;

/** The problems of one input that are told and not yet over. Time is an argument. */
export class ProblemLedger {
  readonly #entries = new Map<string, Entry>();

  /** A problem was seen; it is over when it has not been seen again for `holdMs`. */
  see(problem: Problem, nowMs: number, holdMs: number): ProblemNews[] {
    const key = `${problem.code} ${problem.trackId ?? ''}`;
    const known = this.#entries.get(key);
    if (known === undefined) {
      if (this.#entries.size >= MAX_ENTRIES) return [];
      this.#entries.set(key, { problem, raisedAtMs: nowMs, seenAtMs: nowMs, holdMs });
      return [{ kind: 'raised', problem }];
    }
    known.seenAtMs = nowMs;
    if (nowMs - known.raisedAtMs < REPEAT_MS) return [];
    known.raisedAtMs = nowMs;
    return [{ kind: 'raised', problem }];
  }

  /** What is over by now. */
  settle(nowMs: number): ProblemNews[] {
    return this.#clear(({ seenAtMs, holdMs }) => nowMs - seenAtMs > holdMs);
  }

  /** The publisher is gone, and its problems with it. */
  close(): ProblemNews[] {
    return this.#clear(() => true);
  }

  #clear(isOver: (entry: Entry) => boolean): ProblemNews[] {
    const news: ProblemNews[] = [];
    for (const [key, entry] of this.#entries) {
      if (!isOver(entry)) continue;
      this.#entries.delete(key);
      news.push({ kind: 'cleared', problem: entry.problem });
    }
    return news;
  }
}
