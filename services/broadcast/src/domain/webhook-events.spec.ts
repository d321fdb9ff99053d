import type { CallEvent, EventHook } from '#shared/contracts';
import { nextCommit } from './call-commit.ts';
import { beginCall } from './call-fold.ts';
import { aCallCreated } from './testing/a-call.ts';
import { deliveryFor, publicEventsOf } from './webhook-events.ts';

const urls = { playback: 'https://play.example', ingest: 'https://in.example' };
const broadcastId = 'bc_00000001';
const commitOf = (...events: CallEvent[]) => nextCommit('c', beginCall(aCallCreated()), events);
const hook = (...eventTypes: string[]): EventHook => ({
  id: 'h',
  enabled: true,
  webhookUrl: 'https://x.example',
  eventTypes,
});
const typesFor = (subscribed: EventHook, ...events: CallEvent[]) => {
  const commit = commitOf(...events);
  return publicEventsOf(commit, urls).map((event) => deliveryFor(event, commit, subscribed, urls)?.eventType);
};
const started: CallEvent = { fact: 'broadcast_started', atMs: 5000, broadcastId };

describe('events for webhooks', () => {
  it('have the spelling the hook asked for, the documented one when it asked for none', () => {
    expect(typesFor(hook(), started)).toEqual(['call.broadcasting_started']);
    expect(typesFor(hook('call.hls_broadcasting_started'), started)).toEqual(['call.hls_broadcasting_started']);
    expect(typesFor(hook('call.hls_broadcasting_started', 'call.broadcasting_started'), started)).toEqual([
      'call.broadcasting_started',
    ]);
    expect(typesFor(hook('call.ended'), started)).toEqual([undefined]);
  });

  it('are numbered through all facts of the call, with an id of their own', () => {
    const commit = commitOf({ fact: 'live_started', atMs: 5 }, { fact: 'broadcast_armed', atMs: 5, broadcastId });
    expect(publicEventsOf(commit, urls)).toMatchObject([
      { type: 'call.live_started', sequence: 2, eventId: 'livestream-x-0-2' },
      { type: 'call.updated', sequence: 3, eventId: 'livestream-x-0-3' },
    ]);
  });

  it('carry the playlist URL of what started, and the reason of what failed', () => {
    const commit = commitOf(started);
    const [event] = publicEventsOf(commit, urls);
    const body: unknown = JSON.parse(deliveryFor(event!, commit, hook(), urls)?.body ?? '');
    expect(body).toMatchObject({
      type: 'call.broadcasting_started',
      call_cid: 'livestream:x',
      created_at: '1970-01-01T00:00:05.000Z',
      sequence: 2,
      hls_playlist_url: 'https://play.example/broadcast/bc_00000001/index.m3u8',
      call: { cid: 'livestream:x', created_at: '1970-01-01T00:00:01.000Z' },
    });
    const failed = commitOf({
      fact: 'broadcast_failed',
      atMs: 5,
      broadcastId,
      endEpochMs: 5,
      reason: 'no_media',
      error: 'none came',
    });
    expect(publicEventsOf(failed, urls)[0]?.facts).toEqual({ reason: 'no_media', error: 'none came' });
  });
});
