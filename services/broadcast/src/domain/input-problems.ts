import type { InputEvent } from '#shared/contracts';

/** A problem of a live input as its streamer sees it. */
export interface InputProblem {
  readonly code: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly sentence: string;
  readonly trackId?: number;
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
  /** How often it was told; one that lasts is told again each minute. */
  readonly count: number;
  /** Absent while it lasts. */
  readonly clearedAtMs?: number;
}

/** An event that says something of problems. */
export type ProblemEvent = Extract<
  InputEvent,
  { fact: 'problem_raised' | 'problem_cleared' | 'publisher_rejected' | 'archive_lost' | 'audit_failed' }
>;

/** The facts that {@link foldProblems} reads. */
export const PROBLEM_FACTS = [
  'problem_raised',
  'problem_cleared',
  'publisher_rejected',
  'archive_lost',
  'audit_failed',
] as const satisfies ReadonlyArray<ProblemEvent['fact']>;

/** More than this no streamer reads. */
export const MAX_PROBLEMS = 100;

/** Whether an event is one of {@link PROBLEM_FACTS}. */
export const isProblemEvent = (event: InputEvent): event is ProblemEvent =>
  (PROBLEM_FACTS as readonly string[]).includes(event.fact);

/** What was wrong with an input, newest first: one entry from the time a problem was raised to when it was cleared. Events in order. */
export function foldProblems(events: readonly ProblemEvent[]): InputProblem[] {
  const over: InputProblem[] = [];
  const lasting = new Map<string, InputProblem>();
  for (const event of events) {
    const key = `${codeOf(event)} ${'trackId' in event ? (event.trackId ?? '') : ''}`;
    const known = lasting.get(key);
    if (event.fact === 'problem_cleared') {
      if (known !== undefined) over.push({ ...known, clearedAtMs: event.atMs });
      lasting.delete(key);
      continue;
    }
    const first = { firstSeenAtMs: event.atMs, count: 0 };
    const { firstSeenAtMs, count } = known ?? first;
    // What is no state is over as soon as it was told.
    const end = event.fact === 'problem_raised' ? {} : { clearedAtMs: event.atMs };
    lasting.set(key, { ...saying(event), firstSeenAtMs, lastSeenAtMs: event.atMs, count: count + 1, ...end });
  }
  return [...over, ...lasting.values()]
    .toSorted((a, b) => b.lastSeenAtMs - a.lastSeenAtMs || b.firstSeenAtMs - a.firstSeenAtMs)
    .slice(0, MAX_PROBLEMS);
}

type Told = Exclude<ProblemEvent, { fact: 'problem_cleared' }>;

function codeOf(event: ProblemEvent): string {
  if (event.fact === 'publisher_rejected') return `publisher_rejected:${event.code}`;
  return event.fact === 'archive_lost' || event.fact === 'audit_failed' ? event.fact : event.code;
}

function saying(event: Told): Pick<InputProblem, 'code' | 'severity' | 'sentence' | 'trackId'> {
  const track = 'trackId' in event && event.trackId !== undefined ? { trackId: event.trackId } : {};
  if (event.fact === 'problem_raised') return { ...track, ...pick(event) };
  const code = codeOf(event);
  if (event.fact === 'publisher_rejected')
    return { code, severity: 'error', sentence: `A publisher was refused: ${event.detail}` };
  if (event.fact === 'archive_lost')
    return { ...track, code, severity: 'error', sentence: `Recorded media was lost: ${event.detail}` };
  return { code, severity: 'error', sentence: `The origin found a fault in its own playlist (${event.rule}).` };
}

const pick = ({ code, severity, sentence }: Extract<Told, { fact: 'problem_raised' }>) => ({
  code,
  severity,
  sentence,
});

/** The same on the wire, with times in ISO 8601. */
export const problemView = (problem: InputProblem): Record<string, unknown> => {
  const { firstSeenAtMs, lastSeenAtMs, clearedAtMs, ...said } = problem;
  return {
    ...said,
    firstSeenAt: new Date(firstSeenAtMs).toISOString(),
    lastSeenAt: new Date(lastSeenAtMs).toISOString(),
    ...(clearedAtMs === undefined ? {} : { clearedAt: new Date(clearedAtMs).toISOString() }),
  };
};
