import type { CallState } from '#shared/contracts';
import { activeBroadcast } from './call-state.ts';

/** Where the public doors are, without a trailing slash. */
export interface PublicUrls {
  readonly playback: string;
  readonly ingest: string;
}

/** How a wall-clock time in ms is written: answers and webhook bodies differ. */
export type TimeFormat = (epochMs: number) => bigint | string;

/** Integer nanoseconds since 1970, the form of answers under /api/v2. */
export const nanoseconds: TimeFormat = (epochMs) => BigInt(Math.round(epochMs)) * 1_000_000n;
/** RFC 3339 in UTC, the form of webhook bodies. */
export const rfc3339: TimeFormat = (epochMs) => new Date(Math.round(epochMs)).toISOString();

/** `type:id`, the public name of a call. */
export const cidOf = (call: { type: string; id: string }): string => `${call.type}:${call.id}`;

/** The URL of one broadcast; it answers 404 until the broadcast runs. */
export const playlistUrl = (urls: PublicUrls, broadcastId: string): string =>
  `${urls.playback}/broadcast/${broadcastId}/index.m3u8`;

/** In which form a call is shown. `streamKey`: its cleartext, in the one answer that makes it. */
export interface CallForm {
  readonly urls: PublicUrls;
  readonly time: TimeFormat;
  readonly streamKey?: string;
}

/** A call as the call API and its webhooks show it (calls.md). */
export function callView(state: CallState, form: CallForm): Record<string, unknown> {
  const { urls, time, streamKey } = form;
  const optionalTime = (epochMs: number | undefined) => (epochMs === undefined ? null : time(epochMs));
  return {
    type: state.type,
    id: state.id,
    cid: cidOf(state),
    created_by: { id: state.createdById },
    created_at: time(state.createdAtMs),
    updated_at: time(state.updatedAtMs),
    starts_at: optionalTime(state.startsAtMs),
    ended_at: optionalTime(state.endedAtMs),
    custom: state.custom,
    backstage: state.backstage,
    recording: state.recordingSinceMs !== undefined,
    transcribing: false,
    session: {
      live_started_at: optionalTime(state.liveStartedAtMs),
      live_ended_at: optionalTime(state.liveEndedAtMs),
    },
    settings: settingsView(state),
    ingress: ingressView(state, urls, streamKey),
    egress: egressView(state, urls),
  };
}

/** The members of a call as the API shows them. */
export const membersView = (state: CallState): unknown[] =>
  state.members.map((member) => ({ user_id: member.userId, role: member.role, user: { id: member.userId } }));

const settingsView = ({ settings }: CallState) => ({
  backstage: { enabled: settings.backstageEnabled, join_ahead_time_seconds: settings.joinAheadTimeSec },
  broadcasting: {
    enabled: settings.hlsEnabled,
    hls: { auto_on: settings.hlsAutoOn, enabled: settings.hlsEnabled, quality_tracks: settings.hlsQualityTracks },
  },
});

// Clients read every address; a door that this origin does not have is an empty one.
const ingressView = (state: CallState, urls: PublicUrls, streamKey: string | undefined) => ({
  rtmp: { address: '' },
  srt: { address: '' },
  whip: { address: '' },
  cmaf: {
    address: `${urls.ingest}/publish/${state.externalInputId}`,
    ...(streamKey === undefined ? {} : { stream_key: streamKey }),
  },
});

function egressView(state: CallState, urls: PublicUrls) {
  const broadcast = activeBroadcast(state);
  return {
    broadcasting: broadcast?.state === 'running',
    hls: broadcast === undefined ? null : { playlist_url: playlistUrl(urls, broadcast.id), status: broadcast.state },
    rtmps: [],
  };
}
