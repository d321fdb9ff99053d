import type { CallCommit, CallCreated, CallEvent, CallState } from '#shared/contracts';
import { beginCall, evolve } from './call-fold.ts';

/** The first commit of a call. */
export const firstCommit = (commitId: string, event: CallCreated): CallCommit => ({
  commitId,
  events: [event],
  state: beginCall(event),
});

/** The commit of what was decided on a call. */
export function nextCommit(commitId: string, before: CallState, events: CallEvent[]): CallCommit {
  const state = events.reduce((call, event) => (event.fact === 'call_created' ? call : evolve(call, event)), before);
  return { commitId, events, state };
}
