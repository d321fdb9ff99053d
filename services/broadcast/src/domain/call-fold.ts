import type { CallCreated, CallEvent, CallState } from '#shared/contracts';

type Change = Exclude<CallEvent, CallCreated>;

/** A call after its first fact. */
export function beginCall(event: CallCreated): CallState {
  const { fact: _fact, atMs, streamKeySha256: _streamKeySha256, ...facts } = event;
  return { ...facts, version: 1, createdAtMs: atMs, updatedAtMs: atMs, backstage: event.settings.backstageEnabled };
}

/** A call after one more fact. */
export function evolve(state: CallState, event: Change): CallState {
  return { ...state, ...changeOf(state, event), version: state.version + 1, updatedAtMs: event.atMs };
}

type Folds = { [F in Change['fact']]: (event: Change & { fact: F }, state: CallState) => Partial<CallState> };

const folds: Folds = {
  call_updated: (event, state) => ({
    custom: event.custom ?? state.custom,
    settings: event.settings ?? state.settings,
    ...(event.startsAtMs === undefined ? {} : { startsAtMs: event.startsAtMs }),
  }),
  live_started: (event) => ({ backstage: false, liveStartedAtMs: event.atMs, liveEndedAtMs: undefined }),
  live_stopped: (event) => ({ backstage: true, liveEndedAtMs: event.atMs }),
  call_ended: (event) => ({ endedAtMs: event.atMs }),
  recording_started: (event) => ({ recordingSinceMs: event.atMs }),
  recording_stopped: () => ({ recordingSinceMs: undefined }),
  broadcast_armed: (event) => ({
    broadcast: { id: event.broadcastId, state: 'starting', startEpochMs: event.atMs },
  }),
  broadcast_started: (event, state) => withBroadcast(state, { state: 'running', startedAtMs: event.atMs }),
  broadcast_stopped: (event, state) => withBroadcast(state, { state: 'stopped', endEpochMs: event.endEpochMs }),
  broadcast_failed: (event, state) => withBroadcast(state, { state: 'failed', endEpochMs: event.endEpochMs }),
  broadcast_cancelled: (_event, state) =>
    withBroadcast(state, { state: 'cancelled', endEpochMs: state.broadcast?.startEpochMs }),
};

function changeOf<F extends Change['fact']>(state: CallState, event: Change & { fact: F }): Partial<CallState> {
  return folds[event.fact](event, state);
}

const withBroadcast = (state: CallState, change: Partial<NonNullable<CallState['broadcast']>>): Partial<CallState> =>
  state.broadcast === undefined ? {} : { broadcast: { ...state.broadcast, ...change } };
