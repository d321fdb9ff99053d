import type { Clock } from '../ports.ts';
import type { CmcdReport } from './cmcd-report.ts';

/** One playback as its player tells it; the figures are of the newest request that said them. */
export interface CmcdSession extends Omit<CmcdReport, 'bufferStarved' | 'startup' | 'objectType'> {
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly requests: number;
  /** Requests by object type, `?` where it was not said. */
  readonly requestTypes: Readonly<Record<string, number>>;
  /** How often the buffer ran dry. */
  readonly stalls: number;
  /** Requests that were wanted at once. */
  readonly startups: number;
}

/** Who says nothing for as long has gone. */
const IDLE_MS = 300_000;
const MAX_SESSIONS = 10_000;
const MAX_REQUEST_TYPES = 12;

/** What players report of themselves, by session. Bounded: the longest silent are forgotten first. */
export class CmcdSessions {
  /** In the order of the last request. */
  readonly #sessions = new Map<string, CmcdSession>();

  constructor(private readonly clock: Clock) {}

  /** A report without a session id tells nothing of a session. */
  record(report: CmcdReport): void {
    const { sessionId } = report;
    if (sessionId === undefined) return;
    const nowMs = this.clock.nowMs();
    const before = this.#sessions.get(sessionId) ?? unheardOf(nowMs);
    this.#sessions.delete(sessionId);
    this.#sessions.set(sessionId, sessionAfter(before, report, nowMs));
    if (this.#sessions.size > MAX_SESSIONS) this.#forgetFirst();
  }

  /** The sessions of the last five minutes, newest first, at most `limit` of them. */
  recent(limit: number): { total: number; sessions: CmcdSession[] } {
    const idleSinceMs = this.clock.nowMs() - IDLE_MS;
    for (const [sessionId, session] of this.#sessions) {
      if (session.lastSeenMs > idleSinceMs) break;
      this.#sessions.delete(sessionId);
    }
    const total = this.#sessions.size;
    return { total, sessions: [...this.#sessions.values()].slice(-limit).toReversed() };
  }

  #forgetFirst(): void {
    for (const first of this.#sessions.keys()) {
      this.#sessions.delete(first);
      return;
    }
  }
}

const unheardOf = (nowMs: number): CmcdSession => ({
  firstSeenMs: nowMs,
  lastSeenMs: nowMs,
  requests: 0,
  requestTypes: {},
  stalls: 0,
  startups: 0,
});

function sessionAfter(before: CmcdSession, report: CmcdReport, nowMs: number): CmcdSession {
  const { bufferStarved, startup, objectType = '?', ...said } = report;
  return {
    ...before,
    ...said,
    lastSeenMs: nowMs,
    requests: before.requests + 1,
    requestTypes: counted(before.requestTypes, objectType),
    stalls: before.stalls + Number(bufferStarved),
    startups: before.startups + Number(startup),
  };
}

function counted(counts: Readonly<Record<string, number>>, type: string): Readonly<Record<string, number>> {
  if (!Object.hasOwn(counts, type) && Object.keys(counts).length >= MAX_REQUEST_TYPES) return counts;
  return { ...counts, [type]: (counts[type] ?? 0) + 1 };
}
