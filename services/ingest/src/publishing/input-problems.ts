import { problemsOf, type HealthLimits } from '../domain/health/detectors.ts';
import type { Problem } from '../domain/health/problem.ts';
import { ProblemLedger, type ProblemNews } from '../domain/health/problem-ledger.ts';
import { hear, type HeardChunk, type TrackHistory, type TrackNature } from '../domain/health/track-history.ts';
import type { Notices } from './notices.ts';

/** A detector looks each second; what it did not see for so long is over. */
const STATE_HOLD_MS = 3000;
/** An incident is not seen again; it counts for so long. */
const INCIDENT_HOLD_MS = 60_000;

/** What is wrong with one input, told to its streamer as events. */
export class InputProblems {
  readonly #ledger = new ProblemLedger();
  readonly #histories = new Map<number, TrackHistory>();

  constructor(
    private readonly inputId: string,
    private readonly limits: HealthLimits,
    private readonly notices: Notices,
  ) {}

  /** A chunk of a track was stored. */
  hear(nature: TrackNature, chunk: HeardChunk): void {
    const known = this.#histories.get(nature.trackId);
    this.#histories.set(nature.trackId, hear(known, nature, chunk));
    // What is wrong from the start is told even if the stream is short.
    if (known === undefined) this.look(chunk.arrivalMs);
  }

  /** The track was ended: it is not missed. */
  forget(trackId: number): void {
    this.#histories.delete(trackId);
  }

  /** Something happened that no later look would show. */
  note(incident: Problem, nowMs: number): void {
    this.#tell(this.#ledger.see(incident, nowMs, INCIDENT_HOLD_MS), nowMs);
  }

  /** To be called about once a second. */
  look(nowMs: number): void {
    const problems = problemsOf([...this.#histories.values()], this.limits, nowMs);
    for (const problem of problems) this.#tell(this.#ledger.see(problem, nowMs, STATE_HOLD_MS), nowMs);
    this.#tell(this.#ledger.settle(nowMs), nowMs);
  }

  /** The publishers are gone. */
  close(nowMs: number): void {
    this.#histories.clear();
    this.#tell(this.#ledger.close(), nowMs);
  }

  #tell(news: readonly ProblemNews[], atMs: number): void {
    for (const { kind, problem } of news) {
      const { code, severity, sentence, trackId } = problem;
      const about = { inputId: this.inputId, atMs, code, ...(trackId === undefined ? {} : { trackId }) };
      if (kind === 'cleared') this.notices.tell({ fact: 'problem_cleared', ...about });
      else this.notices.tell({ fact: 'problem_raised', ...about, severity, sentence });
    }
  }
}
