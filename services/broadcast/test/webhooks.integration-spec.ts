import { createHmac, randomBytes } from 'node:crypto';
import { inputEventSubject, liveInputsBucket, OUTBOX_STREAM, deliverySubject } from '#shared/contracts';
import { connectBus, publishFact, type Bus } from '#shared/messaging';
import { backendsFromEnvironment, eventually } from '#shared/testing';
import type { RunningBroadcast } from '../src/start-broadcast.ts';
import { destinationIdOf } from '../src/domain/call-key.ts';
import { CallClient, closeSegment, Consumer, newTenant, signToken, startService, type Received } from './harness.ts';

const tenant = newTenant();
let service: RunningBroadcast;
let bus: Bus;
let server: CallClient;
let nextId = 0;
const consumers: Consumer[] = [];

const newCid = (): string => `livestream:w${Date.now()}-${(nextId += 1)}`;
const consumer = async (respond?: Consumer['respond']): Promise<{ url: string; sut: Consumer }> => {
  const sut = new Consumer();
  if (respond !== undefined) sut.respond = respond;
  consumers.push(sut);
  return { url: await sut.start(), sut };
};
const hook = async (...hooks: Array<{ url: string; types?: string[]; id?: string }>): Promise<void> => {
  const answer = await server.request('PATCH', '/api/v2/app', {
    event_hooks: hooks.map(({ url, types, id }) => ({
      enabled: true,
      hook_type: 'webhook',
      webhook_url: url,
      event_types: types ?? [],
      ...(id === undefined ? {} : { id }),
    })),
  });
  expect(answer.status).toBe(200);
  // The feeder works from a watched copy of the apps.
  await eventually(
    async () => (await server.request('GET', '/api/v2/app')).json.app.event_hooks.length === hooks.length,
  );
};
const inputOf = async (cid: string): Promise<string> => {
  const address: string = (await server.call('GET', cid)).json.call.ingress.cmaf.address;
  const rows = await (await bus.table(liveInputsBucket)).list();
  return rows.find(({ value }) => address.endsWith(value.externalId))?.value.id ?? '';
};
const BROADCASTING = ['call.broadcasting_started', 'call.broadcasting_stopped', 'call.broadcasting_failed'];

beforeAll(async () => {
  service = await startService(tenant);
  server = new CallClient(() => service.httpPort, tenant, await signToken({ server: true }, tenant.appSecret));
  bus = await connectBus('test', {
    NATS_URL: backendsFromEnvironment().NATS_URL,
    BUS_REPLICAS: 1,
    MEDIA_MAX_AGE_SEC: 900,
    MEDIA_MAX_BYTES: 100_000_000,
  });
});

afterAll(async () => {
  await service.close();
  await bus.close();
  await Promise.all(consumers.map((sut) => sut.stop()));
});

describe('webhooks', () => {
  it('tell of a broadcast that started and stopped, once each, in order, signed both ways', async () => {
    const { url, sut } = await consumer();
    await hook({ url, types: BROADCASTING, id: 'signed' });
    const secret: string = (await server.request('GET', '/api/v2/app')).json.app.event_hooks[0].signing_secret;
    const cid = newCid();
    await server.call('POST', cid);
    const playlist = (await server.call('POST', cid, 'start_broadcasting')).json.playlist_url;
    await closeSegment(bus, await inputOf(cid), { mediaSequence: 0, startEpochMs: Date.now() + 5 });
    await eventually(() => sut.received.length === 1);
    await server.call('POST', cid, 'stop_live');
    await eventually(() => sut.received.length === 2);
    expect(sut.types(cid)).toEqual(['call.broadcasting_started', 'call.broadcasting_stopped']);
    const [started, stopped] = sut.received as [Received, Received];
    expect(started.json).toMatchObject({
      call_cid: cid,
      hls_playlist_url: playlist,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      call: { cid, egress: { broadcasting: true, hls: { playlist_url: playlist, status: 'running' } } },
    });
    expect(stopped.json.sequence).toBeGreaterThan(started.json.sequence);
    for (const { headers, body } of sut.received) {
      expect(headers['x-api-key']).toBe(tenant.appKey);
      expect(headers['x-webhook-attempt']).toBe('1');
      expect(headers['x-webhook-id']).toBe(headers['webhook-id']);
      expect(headers['x-signature']).toBe(createHmac('sha256', tenant.appSecret).update(body).digest('hex'));
      const signed = `${headers['webhook-id'] as string}.${headers['webhook-timestamp'] as string}.${body}`;
      const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
      expect(key).toHaveLength(32);
      expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
      expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(30);
    }
  });

  it('use the spelling a hook subscribed to', async () => {
    const { url, sut } = await consumer();
    await hook({ url, types: ['call.hls_broadcasting_failed'] });
    const cid = newCid();
    await server.call('POST', cid);
    await server.call('POST', cid, 'start_broadcasting');
    await eventually(() => sut.received.length === 1, { withinMs: 8000 });
    expect(sut.received[0]?.json).toMatchObject({ type: 'call.hls_broadcasting_failed', reason: 'no_media' });
  });

  it('say why media was refused', async () => {
    const { url, sut } = await consumer();
    await hook({ url, types: BROADCASTING });
    const cid = newCid();
    await server.call('POST', cid);
    await server.call('POST', cid, 'start_broadcasting');
    const inputId = await inputOf(cid);
    const fact = { fact: 'publisher_rejected', inputId, atMs: Date.now(), code: 'UnsupportedMedia', detail: 'vp09' };
    await publishFact(bus, inputEventSubject.format({ inputId, fact: 'publisher_rejected' }), fact);
    await eventually(() => sut.received.length === 1, { withinMs: 8000 });
    expect(sut.received[0]?.json).toMatchObject({
      type: 'call.broadcasting_failed',
      reason: 'unsupported_media',
      error: 'UnsupportedMedia: vp09',
    });
  });

  it('are tried again after 500 and after silence, with the same id and body and a counted attempt', async () => {
    const late = await restartWith({ WEBHOOK_TIMEOUT_MS: '300' });
    const { url, sut } = await consumer((_received, response) => {
      if (sut.received.length === 1) response.writeHead(500).end('down');
      else if (sut.received.length > 2) response.writeHead(204).end();
    });
    await hook({ url, types: ['call.created'] });
    await server.call('POST', newCid());
    await eventually(() => sut.received.length === 3, { withinMs: 9000 });
    await eventually(async () => (await owed(url)) === 0);
    expect(sut.received.map(({ headers }) => headers['x-webhook-attempt'])).toEqual(['1', '2', '3']);
    expect(new Set(sut.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(sut.received.map(({ body }) => body)).size).toBe(1);
    await late();
  });

  it('are not tried again after 400 or a redirect, and no earlier than Retry-After says', async () => {
    const bad = await consumer((_received, response) => void response.writeHead(400).end());
    const moved = await consumer((_received, response) => void response.writeHead(302, { location: '/x' }).end());
    const busy = await consumer((_received, response) => {
      const isFirst = busy.sut.received.length === 1;
      response.writeHead(isFirst ? 503 : 200, isFirst ? { 'retry-after': '2' } : {}).end();
    });
    await hook(...[bad, moved, busy].map(({ url }) => ({ url, types: ['call.created'] })));
    await server.call('POST', newCid());
    await eventually(() => busy.sut.received.length === 2, { withinMs: 8000 });
    const [first, second] = busy.sut.received as [Received, Received];
    expect(second.atMs - first.atMs).toBeGreaterThan(1900);
    expect(bad.sut.received).toHaveLength(1);
    expect(moved.sut.received.map(({ path }) => path)).toEqual(['/']);
  });

  it('keep the order of each call while another call fails, and a dead destination delays none', async () => {
    const [stuck, fine] = [newCid(), newCid()];
    let isStuck = true;
    const { url, sut } = await consumer((received, response) => {
      response.writeHead(isStuck && received.json.call_cid === stuck ? 500 : 200).end();
    });
    await hook({ url, id: 'half' }, { url: 'http://127.0.0.1:9/', id: 'dead' });
    for (const cid of [stuck, fine]) {
      await server.call('POST', cid);
      await server.call('POST', cid, 'go_live');
      await server.call('POST', cid, 'stop_live');
    }
    await eventually(() => sut.types(fine).length === 3);
    expect(sut.types(fine)).toEqual(['call.created', 'call.live_started', 'call.updated']);
    expect(new Set(sut.types(stuck))).toEqual(new Set(['call.created']));
    isStuck = false;
    await eventually(() => sut.types(stuck).includes('call.updated'), { withinMs: 12_000 });
    const accepted = sut.types(stuck).filter((type, index, all) => type !== all[index - 1]);
    expect(accepted).toEqual(['call.created', 'call.live_started', 'call.updated']);
  });

  it('survive a restart in the middle of a delivery', async () => {
    let isDown = true;
    const { url, sut } = await consumer((_received, response) => void response.writeHead(isDown ? 503 : 200).end());
    await hook({ url });
    const cid = newCid();
    await server.call('POST', cid);
    await server.call('POST', cid, 'go_live');
    await eventually(() => sut.received.length > 0);
    const again = await restartWith({});
    isDown = false;
    await eventually(() => sut.types(cid).includes('call.live_started'), { withinMs: 15_000 });
    const ids = sut.received.filter(({ json }) => json.call_cid === cid).map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(2);
    const attempts = sut.received
      .filter(({ json }) => json.type === 'call.created')
      .map(({ headers }) => Number(headers['x-webhook-attempt']));
    expect(attempts).toEqual(attempts.map((_attempt, index) => index + 1));
    await again();
  });

  it('are owed nothing more once their hook is taken away', async () => {
    const { url, sut } = await consumer((_received, response) => void response.writeHead(503).end());
    await hook({ url, id: 'gone' });
    await server.call('POST', newCid());
    await eventually(() => sut.received.length > 0);
    await hook();
    await eventually(async () => (await owedTo('gone')) === 0);
  });

  it('go to public addresses only, unless configuration says otherwise', async () => {
    const strict = newTenant();
    const guarded = await startService(strict, { WEBHOOK_ALLOW_PRIVATE: 'false' });
    const client = new CallClient(() => guarded.httpPort, strict, await signToken({ server: true }, strict.appSecret));
    for (const url of [
      'http://127.0.0.1/',
      'http://[::1]/',
      'http://169.254.169.254/latest',
      'ftp://example.com/',
      'x',
    ]) {
      const refused = await client.request('PATCH', '/api/v2/app', { event_hooks: [{ webhook_url: url }] });
      expect([url, refused.status, refused.json.code]).toEqual([url, 400, 4]);
    }
    const user = new CallClient(() => guarded.httpPort, strict, await signToken({ user_id: 'u' }, strict.appSecret));
    expect((await user.request('GET', '/api/v2/app')).status).toBe(403);
    await guarded.close();
  });

  it('an app whose secret cannot be opened under this master key holds up no other', async () => {
    const stranger = newTenant();
    const elsewhere = await startService(stranger, { HEADWATER_MASTER_KEY: randomBytes(32).toString('base64') });
    const token = await signToken({ server: true }, stranger.appSecret);
    const client = new CallClient(() => elsewhere.httpPort, stranger, token);
    const { url: strangersUrl, sut: strangers } = await consumer();
    const strange = { enabled: true, hook_type: 'webhook', webhook_url: strangersUrl, event_types: [] };
    await client.request('PATCH', '/api/v2/app', { event_hooks: [strange] });
    const cid = newCid();
    await client.call('POST', cid, '', {});
    await client.call('POST', cid, 'go_live', { start_hls: true });
    await eventually(() => strangers.types(cid).includes('call.live_started'));
    await elsewhere.close();

    // The silence of that call is judged here, by the only node that is left.
    const { url, sut } = await consumer();
    await hook({ url });
    const own = newCid();
    await server.call('POST', own, '', {});
    await server.call('POST', own, 'start_broadcasting');
    await eventually(() => sut.types(own).includes('call.broadcasting_failed'), { withinMs: 15_000 });
  }, 40_000);
});

/** Replaces the running service by another; the returned function brings back one as at first. */
async function restartWith(overrides: Record<string, string>): Promise<() => Promise<void>> {
  await service.close();
  service = await startService(tenant, overrides);
  return async () => {
    await service.close();
    service = await startService(tenant);
  };
}

async function owedTo(hookId: string): Promise<number> {
  const filter = deliverySubject.pattern({ destinationId: destinationIdOf(tenant.appKey, hookId) });
  const info = await bus.manager.streams.info(OUTBOX_STREAM, { subjects_filter: filter });
  return Object.values(info.state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
}

async function owed(url: string): Promise<number> {
  const hooks = (await server.request('GET', '/api/v2/app')).json.app.event_hooks as Array<{
    id: string;
    webhook_url: string;
  }>;
  return owedTo(hooks.find(({ webhook_url: target }) => target === url)?.id ?? '');
}
