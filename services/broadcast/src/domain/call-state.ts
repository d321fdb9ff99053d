import type { BroadcastFailure, CallEvent, CallSettings, CallState } from '#shared/contracts';

/** What somebody asks of a call. `lastMediaEndMs`: where the input's closed media ends, ms since 1970, when it has any. */
export type CallCommand =
  | { kind: 'update'; custom?: Record<string, unknown>; startsAtMs?: number; settings?: CallSettings }
  | { kind: 'go_live'; startHls: boolean; startRecording: boolean; broadcastId: string }
  | { kind: 'stop_live'; continueHls: boolean; continueRecording: boolean; lastMediaEndMs?: number }
  | { kind: 'start_broadcasting'; broadcastId: string }
  | { kind: 'stop_broadcasting'; lastMediaEndMs?: number }
  | { kind: 'mark_ended'; lastMediaEndMs?: number };

/** What the media of a broadcast showed. */
export type MediaFinding =
  | { kind: 'playable'; broadcastId: string }
  | { kind: 'silent'; broadcastId: string; lastMediaEndMs: number }
  | { kind: 'unusable'; broadcastId: string; reason: BroadcastFailure; error: string; lastMediaEndMs?: number };

/** The facts that follow, none when everything already is so, or why the command cannot be followed. */
export type Decision =
  | { kind: 'accepted'; events: CallEvent[] }
  | { kind: 'refused'; problem: 'not_broadcasting' | 'ended' | 'hls_disabled' };

type Broadcast = NonNullable<CallState['broadcast']>;

/** The broadcast that is armed or running now. */
export const activeBroadcast = (state: CallState): Broadcast | undefined =>
  state.broadcast?.state === 'starting' || state.broadcast?.state === 'running' ? state.broadcast : undefined;

/** What a command or a finding makes true of a call at `nowMs`. Pure: the same state and input decide the same. */
export function decide(state: CallState, input: CallCommand | MediaFinding, nowMs: number): Decision {
  if (input.kind === 'playable' || input.kind === 'silent' || input.kind === 'unusable')
    return accepted(decideOnMedia(state, input, nowMs));
  if (input.kind === 'stop_live') return accepted(decideStopLive(state, input, nowMs));
  if (input.kind === 'mark_ended') return accepted(decideMarkEnded(state, input.lastMediaEndMs, nowMs));
  if (input.kind === 'stop_broadcasting') return decideStop(state, input.lastMediaEndMs, nowMs);
  // What is left would change a call, and an ended one does not change any more.
  if (state.endedAtMs !== undefined) return { kind: 'refused', problem: 'ended' };
  if (input.kind === 'go_live') return decideGoLive(state, input, nowMs);
  if (input.kind === 'start_broadcasting') return decideStart(state, input.broadcastId, nowMs);
  return accepted(decideUpdate(state, input, nowMs));
}

const accepted = (events: CallEvent[]): Decision => ({ kind: 'accepted', events });

const isLive = (state: CallState): boolean => state.liveStartedAtMs !== undefined && state.liveEndedAtMs === undefined;

function decideUpdate(state: CallState, input: CallCommand & { kind: 'update' }, nowMs: number): CallEvent[] {
  const changes = {
    ...(changed(state.custom, input.custom) ? { custom: input.custom } : {}),
    ...(changed(state.startsAtMs, input.startsAtMs) ? { startsAtMs: input.startsAtMs } : {}),
    ...(changed(state.settings, input.settings) ? { settings: input.settings } : {}),
  };
  return Object.keys(changes).length === 0 ? [] : [{ fact: 'call_updated', atMs: nowMs, ...changes }];
}

const changed = (before: unknown, after: unknown): boolean =>
  after !== undefined && JSON.stringify(before) !== JSON.stringify(after);

function decideGoLive(state: CallState, input: CallCommand & { kind: 'go_live' }, nowMs: number): Decision {
  const events: CallEvent[] = [];
  if (!isLive(state)) events.push({ fact: 'live_started', atMs: nowMs });
  if (input.startRecording && state.recordingSinceMs === undefined)
    events.push({ fact: 'recording_started', atMs: nowMs });
  const startsByItself = state.settings.hlsAutoOn && state.settings.hlsEnabled;
  if (!input.startHls && !startsByItself) return accepted(events);
  const start = decideStart(state, input.broadcastId, nowMs);
  return start.kind === 'refused' ? start : accepted([...events, ...start.events]);
}

function decideStart(state: CallState, broadcastId: string, nowMs: number): Decision {
  if (!state.settings.hlsEnabled) return { kind: 'refused', problem: 'hls_disabled' };
  return accepted(activeBroadcast(state) === undefined ? [{ fact: 'broadcast_armed', atMs: nowMs, broadcastId }] : []);
}

function decideStop(state: CallState, lastMediaEndMs: number | undefined, nowMs: number): Decision {
  if (activeBroadcast(state) === undefined) return { kind: 'refused', problem: 'not_broadcasting' };
  return accepted(endBroadcast(state, { nowMs, cause: 'command', lastMediaEndMs }));
}

function decideStopLive(state: CallState, input: CallCommand & { kind: 'stop_live' }, nowMs: number): CallEvent[] {
  const events: CallEvent[] = [];
  if (!input.continueHls)
    events.push(...endBroadcast(state, { nowMs, cause: 'live_stopped', lastMediaEndMs: input.lastMediaEndMs }));
  if (!input.continueRecording && state.recordingSinceMs !== undefined)
    events.push({ fact: 'recording_stopped', atMs: nowMs });
  if (isLive(state)) events.push({ fact: 'live_stopped', atMs: nowMs });
  return events;
}

function decideMarkEnded(state: CallState, lastMediaEndMs: number | undefined, nowMs: number): CallEvent[] {
  if (state.endedAtMs !== undefined) return [];
  const events = endBroadcast(state, { nowMs, cause: 'call_ended', lastMediaEndMs });
  if (state.recordingSinceMs !== undefined) events.push({ fact: 'recording_stopped', atMs: nowMs });
  return [...events, { fact: 'call_ended', atMs: nowMs }];
}

function decideOnMedia(state: CallState, finding: MediaFinding, nowMs: number): CallEvent[] {
  const broadcast = activeBroadcast(state);
  if (broadcast === undefined || broadcast.id !== finding.broadcastId) return [];
  if (finding.kind === 'playable') {
    return broadcast.state === 'starting'
      ? [{ fact: 'broadcast_started', atMs: nowMs, broadcastId: broadcast.id }]
      : [];
  }
  if (finding.kind === 'silent') {
    // A broadcast that never played cannot stop; its arming runs into its own time limit.
    return broadcast.state === 'running'
      ? endBroadcast(state, { nowMs, cause: 'media_silent', lastMediaEndMs: finding.lastMediaEndMs })
      : [];
  }
  return [
    {
      fact: 'broadcast_failed',
      atMs: nowMs,
      broadcastId: broadcast.id,
      endEpochMs: endOf(broadcast, finding.lastMediaEndMs, nowMs),
      reason: finding.reason,
      error: finding.error,
    },
  ];
}

type StopCause = (CallEvent & { fact: 'broadcast_stopped' })['cause'];

function endBroadcast(
  state: CallState,
  end: { nowMs: number; cause: StopCause; lastMediaEndMs: number | undefined },
): CallEvent[] {
  const broadcast = activeBroadcast(state);
  if (broadcast === undefined) return [];
  const facts = { atMs: end.nowMs, broadcastId: broadcast.id };
  if (broadcast.state === 'starting') return [{ fact: 'broadcast_cancelled', ...facts }];
  const endEpochMs = endOf(broadcast, end.lastMediaEndMs, end.nowMs);
  return [{ fact: 'broadcast_stopped', ...facts, endEpochMs, cause: end.cause }];
}

/** Media that is not closed yet would appear after ENDLIST, so the end is where closed media ends. */
const endOf = (broadcast: Broadcast, lastMediaEndMs: number | undefined, nowMs: number): number =>
  Math.max(broadcast.startEpochMs, lastMediaEndMs ?? nowMs);
