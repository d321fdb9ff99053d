import type { PackagerContext } from './packager-context.ts';

/** A problem of one track, or of the whole presentation. */
export interface Problem {
  readonly trackId?: number;
  readonly code: string;
  readonly sentence: string;
  /** A warning unless said otherwise. */
  readonly severity?: 'warning' | 'error';
}

interface Entry {
  readonly problem: Problem;
  readonly raisedAtMs: number;
  readonly seenAtMs: number;
}

const REPEAT_MS = 60_000;
const CLEARED_AFTER_MS = 60_000;
const MAX_REMEMBERED = 256;
const MAX_SENTENCE = 500;
/** What is true for as long as the playlist URL lives. */
const LASTING: ReadonlySet<string> = new Set(['low_latency_unavailable']);

/** The problems of one input as events: each raised at most once a minute for a track, and cleared when it was not seen for a minute. */
export class ProblemBook {
  readonly #context: PackagerContext;
  readonly #inputId: string;
  readonly #entries = new Map<string, Entry>();

  constructor(context: PackagerContext, inputId: string) {
    this.#context = context;
    this.#inputId = inputId;
  }

  raise(problem: Problem): void {
    const atMs = this.#context.nowMs();
    const key = `${problem.trackId ?? ''}:${problem.code}`;
    const known = this.#entries.get(key);
    const isRepeat = known !== undefined && atMs - known.raisedAtMs < REPEAT_MS;
    if (this.#entries.size >= MAX_REMEMBERED && known === undefined) return;
    this.#entries.set(key, { problem, raisedAtMs: isRepeat ? known.raisedAtMs : atMs, seenAtMs: atMs });
    if (!isRepeat) this.#sayRaised(problem, atMs);
  }

  /** Says of each problem that has not been seen for a while that it is over. */
  clearOld(nowMs: number): void {
    for (const [key, { problem, seenAtMs }] of this.#entries) {
      if (nowMs - seenAtMs < CLEARED_AFTER_MS || LASTING.has(problem.code)) continue;
      this.#entries.delete(key);
      const { code } = problem;
      this.#say(code, { fact: 'problem_cleared', inputId: this.#inputId, atMs: nowMs, ...trackOf(problem), code });
    }
  }

  #sayRaised(problem: Problem, atMs: number): void {
    const inputId = this.#inputId;
    const { code, sentence, severity = 'warning' } = problem;
    this.#context.logger.warn('media.problem', { inputId, ...problem });
    const told = sentence.slice(0, MAX_SENTENCE);
    this.#say(code, { fact: 'problem_raised', inputId, atMs, ...trackOf(problem), code, severity, sentence: told });
  }

  /** Media goes on without waiting for it; a problem that lasts is raised again. */
  #say(code: string, event: Parameters<PackagerContext['announcements']['problem']>[0]): void {
    const { logger, announcements } = this.#context;
    announcements.problem(event).catch((error: unknown) => {
      logger.warn('media.problem_unsaid', { inputId: this.#inputId, code, error: String(error) });
    });
  }
}

const trackOf = ({ trackId }: Problem): { trackId?: number } => (trackId === undefined ? {} : { trackId });
