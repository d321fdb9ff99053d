import type { AppendOutcome } from '../live-window.ts';

/** One attempt to write on a store that stands at a fence and revision. */
export interface WriteCase {
  readonly behaviour: string;
  readonly stored: { readonly fence: number | undefined; readonly revision: number };
  readonly write: { readonly fence: number; readonly revision: number };
  readonly outcome: AppendOutcome;
}

/** The guard of the live window, case by case; the pure rule and the Lua scripts both run it. */
export const WRITE_CASES: readonly WriteCase[] = [
  {
    behaviour: 'takes the next revision under the standing fence',
    stored: { fence: 7, revision: 3 },
    write: { fence: 7, revision: 4 },
    outcome: 'applied',
  },
  {
    behaviour: 'takes the first revision of a window that is not there',
    stored: { fence: 7, revision: 0 },
    write: { fence: 7, revision: 1 },
    outcome: 'applied',
  },
  {
    behaviour: 'knows a redelivered write',
    stored: { fence: 7, revision: 3 },
    write: { fence: 7, revision: 3 },
    outcome: 'already_there',
  },
  {
    behaviour: 'knows a write older than the last one',
    stored: { fence: 7, revision: 3 },
    write: { fence: 7, revision: 1 },
    outcome: 'already_there',
  },
  {
    behaviour: 'refuses a write when revisions before it are missing',
    stored: { fence: 7, revision: 3 },
    write: { fence: 7, revision: 5 },
    outcome: 'out_of_step',
  },
  {
    behaviour: 'fences out an older token even with the right revision',
    stored: { fence: 7, revision: 3 },
    write: { fence: 6, revision: 4 },
    outcome: 'fenced_out',
  },
  {
    behaviour: 'fences out an older token before it looks at the revision',
    stored: { fence: 7, revision: 3 },
    write: { fence: 6, revision: 3 },
    outcome: 'fenced_out',
  },
  {
    behaviour: 'asks for the fence when none stands',
    stored: { fence: undefined, revision: 0 },
    write: { fence: 7, revision: 4 },
    outcome: 'fence_missing',
  },
  {
    behaviour: 'asks for the fence when an older token stands',
    stored: { fence: 5, revision: 3 },
    write: { fence: 7, revision: 4 },
    outcome: 'fence_missing',
  },
  {
    behaviour: 'compares tokens as numbers, not as text',
    stored: { fence: 9, revision: 0 },
    write: { fence: 10, revision: 1 },
    outcome: 'fence_missing',
  },
  {
    behaviour: 'compares tokens of the size of a wall clock exactly',
    stored: { fence: 1_795_000_000_001, revision: 0 },
    write: { fence: 1_795_000_000_000, revision: 1 },
    outcome: 'fenced_out',
  },
];
