import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { eventually } from '#shared/testing';
import { at, callClient, type CallClient } from './support/calls.ts';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { fetchText, listedSegments, mediaPlaylistUrls, untilPlayable } from './support/playlists.ts';
import { receiveWebhooks, type WebhookReceiver } from './support/webhook-receiver.ts';

describe('a call goes live, is broadcast, and its consumers are told', () => {
  let origin: Origin;
  let hooks: WebhookReceiver;
  let calls: CallClient;
  let hookSecret: string;
  const encoders: Encoder[] = [];

  beforeAll(async () => {
    origin = await startOrigin({ ARM_TIMEOUT_MS: '4000', RECONNECT_WINDOW_MS: '4000' });
    hooks = await receiveWebhooks();
    calls = await callClient(origin);
    const answer = await calls.patch('/app', {
      event_hooks: [{ enabled: true, hook_type: 'webhook', webhook_url: hooks.url, event_types: [] }],
    });
    hookSecret = String(at(answer.body, 'app.event_hooks.0.signing_secret'));
  }, 90_000);
  afterAll(async () => {
    await Promise.all(encoders.map((encoder) => encoder.kill9()));
    await hooks?.close();
    await origin?.stop();
  }, 30_000);

  const push = async (path: string): Promise<Encoder> => {
    const { body } = await calls.post(path, { data: { created_by_id: 'e2e' } });
    const encoder = startEncoder({
      publishUrl: String(at(body, 'call.ingress.cmaf.address')),
      streamKey: String(at(body, 'call.ingress.cmaf.stream_key')),
    });
    encoders.push(encoder);
    return encoder;
  };
  const deliveriesOf = (cid: string, type: string) =>
    hooks.deliveries.filter(({ body }) => body.call_cid === cid && body.type === type);

  it('go_live before media is armed; started comes when the playlist plays, signed both ways; stop ends the list', async () => {
    const path = '/video/call/livestream/lifecycle';
    const cid = 'livestream:lifecycle';
    await calls.post(path, { data: { created_by_id: 'e2e' } });
    // The stream key is shown once, at creation: a call that exists does not show it again.
    expect(at((await calls.post(path)).body, 'call.ingress.cmaf.stream_key')).toBeUndefined();

    const fresh = '/video/call/livestream/lifecycle-2';
    const encoder = await push(fresh);
    const live = await calls.post(`${fresh}/go_live`, { start_hls: true });
    expect(live.status).toBe(201);
    expect(at(live.body, 'call.backstage')).toBe(false);
    const url = String(at(live.body, 'call.egress.hls.playlist_url'));
    await eventually(() => deliveriesOf('livestream:lifecycle-2', 'call.broadcasting_started').length > 0, {
      withinMs: 20_000,
      what: 'the started event',
    });
    // Never before it is true: the very moment it arrives the URL plays.
    const multivariant = await fetchText(url);
    expect(multivariant.status).toBe(200);
    for (const media of mediaPlaylistUrls(multivariant)) {
      expect(listedSegments(await fetchText(media)).length).toBeGreaterThan(0);
    }

    const [started] = deliveriesOf('livestream:lifecycle-2', 'call.broadcasting_started');
    expect(started!.body['hls_playlist_url']).toBe(url);
    expect(started!.headers['x-webhook-attempt']).toBe('1');
    expect(started!.headers['x-api-key']).toBe(origin.app.apiKey);
    expect(started!.headers['x-signature']).toBe(
      createHmac('sha256', origin.app.apiSecret).update(started!.raw).digest('hex'),
    );
    expect(() =>
      new Webhook(hookSecret).verify(started!.raw, started!.headers as Record<string, string>),
    ).not.toThrow();
    expect(() =>
      new Webhook(hookSecret).verify(`${started!.raw} `, started!.headers as Record<string, string>),
    ).toThrow();

    expect(at((await calls.get(fresh)).body, 'call.egress.broadcasting')).toBe(true);
    expect((await calls.post(`${fresh}/stop_live`)).status).toBe(201);
    await eventually(() => deliveriesOf('livestream:lifecycle-2', 'call.broadcasting_stopped').length > 0, {
      withinMs: 20_000,
      what: 'the stopped event',
    });
    const [media] = mediaPlaylistUrls(await fetchText(url));
    await eventually(async () => (await fetchText(media!)).text.includes('#EXT-X-ENDLIST'), { what: 'ENDLIST' });
    expect(deliveriesOf(cid, 'call.broadcasting_started')).toHaveLength(0);
    await encoder.finish();
  }, 90_000);

  it('an encoder that goes away for longer than the reconnect window stops the broadcast', async () => {
    const path = '/video/call/livestream/lost';
    const encoder = await push(path);
    const { body } = await calls.post(`${path}/go_live`, { start_hls: true });
    await untilPlayable(String(at(body, 'call.egress.hls.playlist_url')));
    await encoder.kill9();
    await eventually(() => deliveriesOf('livestream:lost', 'call.broadcasting_stopped').length > 0, {
      withinMs: 25_000,
      what: 'the stopped event',
    });
    expect(deliveriesOf('livestream:lost', 'call.broadcasting_started')).toHaveLength(1);
    expect(at((await calls.get(path)).body, 'call.egress.broadcasting')).toBe(false);
  }, 90_000);

  it('a broadcast without media fails with a reason', async () => {
    const path = '/video/call/livestream/silent';
    await calls.post(path, { data: { created_by_id: 'e2e' } });
    await calls.post(`${path}/start_broadcasting`);
    const failed = await eventually(() => deliveriesOf('livestream:silent', 'call.broadcasting_failed')[0], {
      withinMs: 20_000,
      what: 'the failed event',
    });
    expect(failed.body).toMatchObject({ reason: 'no_media', error: expect.any(String) });
    expect(deliveriesOf('livestream:silent', 'call.broadcasting_started')).toHaveLength(0);
  }, 40_000);

  it('stopping what does not run is an input error in the shape of the call API', async () => {
    const path = '/video/call/livestream/idle';
    await calls.post(path, { data: { created_by_id: 'e2e' } });
    const { status, body } = await calls.post(`${path}/stop_broadcasting`);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 4,
      StatusCode: 400,
      message: expect.stringContaining('call egress is not running'),
    });
  });
});
