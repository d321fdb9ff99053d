import type { PackagerContext } from './packager-context.ts';

/** A problem of one track. */
export interface Problem {
  readonly trackId: number;
  readonly code: string;
  readonly sentence: string;
}

const REPEAT_MS = 60_000;
const MAX_REMEMBERED = 256;
const MAX_SENTENCE = 500;

/** Raises the problems of one input as events, each at most once a minute for a track. */
export class ProblemBook {
  readonly #context: PackagerContext;
  readonly #inputId: string;
  readonly #raisedAtMs = new Map<string, number>();

  constructor(context: PackagerContext, inputId: string) {
    this.#context = context;
    this.#inputId = inputId;
  }

  raise({ trackId, code, sentence }: Problem): void {
    const atMs = this.#context.nowMs();
    const key = `${trackId}:${code}`;
    if (atMs - (this.#raisedAtMs.get(key) ?? -Infinity) < REPEAT_MS) return;
    if (this.#raisedAtMs.size >= MAX_REMEMBERED) this.#raisedAtMs.clear();
    this.#raisedAtMs.set(key, atMs);
    const { logger, announcements } = this.#context;
    logger.warn('media.problem', { inputId: this.#inputId, trackId, code, sentence });
    const inputId = this.#inputId;
    // Media goes on without waiting for it; a problem that lasts is raised again.
    announcements
      .problem({
        fact: 'problem_raised',
        inputId,
        atMs,
        trackId,
        code,
        severity: 'warning',
        sentence: sentence.slice(0, MAX_SENTENCE),
      })
      .catch((error: unknown) => logger.warn('media.problem_unsaid', { inputId, code, error: String(error) }));
  }
}
