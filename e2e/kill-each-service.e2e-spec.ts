import { eventually } from '#shared/testing';
import { at, callClient, type CallClient } from './support/calls.ts';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { journalOf } from './support/journal.ts';
import { inputIdOf } from './support/live-input.ts';
import { startOrigin, type Origin, type ServiceName } from './support/origin.ts';
import { fetchText, listedSegments, mediaPlaylistUrls, untilPlayable, type Fetched } from './support/playlists.ts';
import { watchPlaylist, type PlaylistWatch } from './support/playlist-watch.ts';
import { receiveWebhooks, type WebhookReceiver } from './support/webhook-receiver.ts';

const CALL = '/video/call/livestream/killed';

/** Long enough for a lease to pass and an encoder to be restarted, and within the reconnect window. */
const RESUME_WITHIN_MS = 25_000;

describe('kill -9 of each service in turn during a live push', () => {
  let origin: Origin;
  let hooks: WebhookReceiver;
  let calls: CallClient;
  let encoder: Encoder;
  let publishUrl: string;
  let streamKey: string;
  let externalId: string;
  let inputId: string;
  let broadcastUrl: string;
  let watch: PlaylistWatch;
  const beganMs = Date.now();

  const startPush = (): void => {
    encoder = startEncoder({ publishUrl, streamKey });
  };

  beforeAll(async () => {
    origin = await startOrigin();
    hooks = await receiveWebhooks();
    calls = await callClient(origin);
    const hook = { enabled: true, hook_type: 'webhook', webhook_url: hooks.url, event_types: [] };
    expect((await calls.patch('/app', { event_hooks: [hook] })).status).toBe(200);
    const created = await calls.post(CALL, { data: { created_by_id: 'e2e' } });
    expect(created.status).toBe(201);
    publishUrl = String(at(created.body, 'call.ingress.cmaf.address'));
    streamKey = String(at(created.body, 'call.ingress.cmaf.stream_key'));
    externalId = publishUrl.split('/').at(-1)!;
    startPush();
    expect((await calls.post(`${CALL}/go_live`, { start_hls: true })).status).toBe(201);
    const call = await calls.get(CALL);
    broadcastUrl = String(at(call.body, 'call.egress.hls.playlist_url'));
    await untilPlayable(broadcastUrl, { segments: 2 });
    const [media] = mediaPlaylistUrls(await fetchText(`${origin.playback}/live/${externalId}/index.m3u8`));
    watch = watchPlaylist(media!);
    inputId = await inputIdOf(origin, externalId);
  }, 90_000);

  afterAll(async () => {
    watch?.stop();
    await encoder?.kill9();
    await hooks?.close();
    await origin?.stop();
  }, 30_000);

  it.each<ServiceName>(['packager', 'playback', 'timeshift', 'broadcast', 'ingest'])(
    'playback resumes by itself after %s was killed, and no media sequence goes back',
    async (name) => {
      const before = watch.newest();
      await origin.kill9(name);
      if (name === 'ingest') await encoder.exited;
      await origin.start(name);
      if (name === 'ingest') startPush();
      await eventually(() => watch.newest() >= before + 5, {
        withinMs: RESUME_WITHIN_MS,
        what: `five more segments after ${name}`,
      });
      expect(watch.faults()).toEqual([]);
    },
    60_000,
  );

  it('an encoder that comes back is a discontinuity in an unbroken sequence', async () => {
    const [media] = mediaPlaylistUrls(await fetchText(`${origin.playback}/live/${externalId}/index.m3u8`));
    const playlist = await fetchText(media!);
    expect(playlist.text).toContain('#EXT-X-DISCONTINUITY\n');
    const segments = listedSegments(playlist);
    expect(segments.map((s) => s.mediaSequence)).toEqual(segments.map((_, i) => segments[0]!.mediaSequence + i));
  });

  it('emitted exactly one started, and one stopped when the broadcast ends, whose playlist then ends', async () => {
    await encoder.finish();
    expect((await calls.post(`${CALL}/stop_broadcasting`)).status).toBe(201);
    await eventually(() => hooks.idsOf('call.broadcasting_stopped').length > 0, {
      what: 'the stopped event',
      withinMs: 20_000,
    });
    expect(hooks.idsOf('call.broadcasting_started')).toHaveLength(1);
    expect(hooks.idsOf('call.broadcasting_stopped')).toHaveLength(1);
    expect(hooks.idsOf('call.broadcasting_failed')).toHaveLength(0);
    const ended: Fetched = await eventually(
      async () => {
        const [media] = mediaPlaylistUrls(await fetchText(broadcastUrl));
        const playlist = await fetchText(media!);
        return playlist.text.includes('#EXT-X-ENDLIST') && playlist;
      },
      { what: 'ENDLIST on the broadcast', withinMs: 10_000 },
    );
    expect(listedSegments(ended).length).toBeGreaterThan(0);
  }, 90_000);

  it('no journalled segment is missing from the archive', async () => {
    const journal = await journalOf(inputId);
    expect(journal.size).toBe(2);
    for (const [trackId, records] of journal) {
      expect(records.map((record) => record.mediaSequence)).toEqual(records.map((_, index) => index));
      const range = `lhs_start=1&lhs_start_unix_ms_0=${beganMs - 60_000}&lhs_vodend_unix_ms_0=${Date.now() + 1000}`;
      await eventually(
        async () => {
          const list = await fetchText(`${origin.playback}/live/${externalId}/${trackId}.m3u8?${range}`);
          const archived = listedSegments(list).map((segment) => segment.mediaSequence);
          expect(archived).toEqual(records.map((record) => record.mediaSequence));
          return true;
        },
        { withinMs: 20_000, everyMs: 500, what: `track ${trackId} whole in the archive` },
      );
    }
  }, 90_000);
});
