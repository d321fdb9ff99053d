import type { CallCommit, CallEvent, DeliveryDue, EventHook } from '#shared/contracts';
import { callView, cidOf, membersView, playlistUrl, rfc3339, type PublicUrls } from './call-view.ts';

/** A fact of a call as the outside hears of it. */
export interface PublicEvent {
  /** The same for every destination and attempt. */
  readonly eventId: string;
  readonly type: string;
  readonly sequence: number;
  readonly createdAtMs: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

const TYPES: Readonly<Record<CallEvent['fact'], string>> = {
  call_created: 'call.created',
  call_updated: 'call.updated',
  live_started: 'call.live_started',
  live_stopped: 'call.updated',
  call_ended: 'call.ended',
  recording_started: 'call.updated',
  recording_stopped: 'call.updated',
  broadcast_armed: 'call.updated',
  broadcast_started: 'call.broadcasting_started',
  broadcast_stopped: 'call.broadcasting_stopped',
  broadcast_cancelled: 'call.updated',
  broadcast_failed: 'call.broadcasting_failed',
};

/** The other spelling of the broadcasting events, for hooks that ask for it by name. */
const OTHER_SPELLING = 'call.hls_broadcasting_';
const DOCUMENTED = 'call.broadcasting_';

/** The events of a commit, in order. */
export function publicEventsOf(commit: CallCommit, urls: PublicUrls): PublicEvent[] {
  const firstSequence = commit.state.version - commit.events.length + 1;
  return commit.events.map((event, index) => ({
    eventId: `${commit.state.callKey}-${firstSequence + index}`,
    type: TYPES[event.fact],
    sequence: firstSequence + index,
    createdAtMs: event.atMs,
    facts: factsOf(event, urls),
  }));
}

function factsOf(event: CallEvent, urls: PublicUrls): Record<string, unknown> {
  if (event.fact === 'broadcast_started') return { hls_playlist_url: playlistUrl(urls, event.broadcastId) };
  if (event.fact === 'broadcast_stopped') return { reason: event.cause };
  if (event.fact === 'broadcast_failed') return { reason: event.reason, error: event.error };
  return {};
}

/** What a hook is owed of an event, with the body it will be sent, or undefined when it did not subscribe. */
export function deliveryFor(
  event: PublicEvent,
  commit: CallCommit,
  hook: EventHook,
  urls: PublicUrls,
): DeliveryDue | undefined {
  const type = spellingFor(event.type, hook.eventTypes);
  if (type === undefined) return undefined;
  const body = {
    type,
    call_cid: cidOf(commit.state),
    created_at: rfc3339(event.createdAtMs),
    sequence: event.sequence,
    ...event.facts,
    call: callView(commit.state, { urls, time: rfc3339 }),
    members: membersView(commit.state),
  };
  return {
    eventId: event.eventId,
    eventType: type,
    appKey: commit.state.appKey,
    hookId: hook.id,
    sequence: event.sequence,
    createdAtMs: event.createdAtMs,
    body: JSON.stringify(body),
  };
}

function spellingFor(type: string, subscribed: readonly string[]): string | undefined {
  if (subscribed.length === 0 || subscribed.includes(type)) return type;
  const other = type.replace(DOCUMENTED, OTHER_SPELLING);
  return subscribed.includes(other) ? other : undefined;
}
