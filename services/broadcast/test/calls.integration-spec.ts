import { broadcastsBucket, liveInputsBucket } from '#shared/contracts';
import { connectBus, type Bus } from '#shared/messaging';
import { backendsFromEnvironment, eventually } from '#shared/testing';
import type { RunningBroadcast } from '../src/start-broadcast.ts';
import { sha256Hex } from '../src/domain/live-input.ts';
import { CallClient, closeSegment, newTenant, signToken, startService } from './harness.ts';

const tenant = newTenant();
let service: RunningBroadcast;
let bus: Bus;
let server: CallClient;
let nextId = 0;

const newCid = (type = 'livestream'): string => `${type}:c${Date.now()}-${(nextId += 1)}`;
const clientOf = async (claims: Record<string, unknown> | undefined, secret = tenant.appSecret): Promise<CallClient> =>
  new CallClient(() => service.httpPort, tenant, claims === undefined ? undefined : await signToken(claims, secret));
const egressOf = async (cid: string) => (await server.call('GET', cid)).json.call.egress;

beforeAll(async () => {
  service = await startService(tenant);
  server = await clientOf({ server: true });
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
});

describe('calls', () => {
  it('are made once, with a live input of their own and its key in that one answer', async () => {
    const cid = newCid();
    const before = Date.now();
    const made = await server.call('POST', cid, '', { data: { created_by_id: 'ann', custom: { topic: 'x' } } });
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({ created: true, duration: expect.stringMatching(/^\d+\.\d\dms$/) });
    expect(made.json.call).toMatchObject({
      cid,
      created_by: { id: 'ann' },
      custom: { topic: 'x' },
      backstage: true,
      egress: { broadcasting: false, hls: null, rtmps: [] },
    });
    const { address, stream_key: key } = made.json.call.ingress.cmaf;
    expect(address).toMatch(/^http:\/\/ingest\.test\/publish\/lv_\w{20}$/);
    const rows = await (await bus.table(liveInputsBucket)).list();
    const row = rows.find(({ value }) => address.endsWith(value.externalId));
    expect(row?.value).toMatchObject({ orgId: tenant.orgId, streamKeySha256: sha256Hex(key) });

    const again = await server.call('POST', cid, '', { data: { created_by_id: 'bob' } });
    expect(again.json).toMatchObject({ created: false, call: { created_by: { id: 'ann' } } });
    expect(again.text).not.toContain(key);
    expect(made.text).toMatch(/"created_at":\d{13}000000,/);
    expect(Number(/"created_at":(\d{13})000000/.exec(made.text)?.[1])).toBeGreaterThanOrEqual(before);
  });

  it('are made once even when many ask at the same moment', async () => {
    const cid = newCid();
    const answers = await Promise.all(Array.from({ length: 8 }, () => server.call('POST', cid)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 201));
    expect(answers.filter(({ json }) => json.created)).toHaveLength(1);
    expect(new Set(answers.map(({ json }) => json.call.ingress.cmaf.address)).size).toBe(1);
  });

  it('take an empty body under application/json, and none at all', async () => {
    const cid = newCid();
    const path = `/api/v2/video/call/${cid.replace(':', '/')}`;
    const empty = await server.request('POST', path, undefined, { 'content-type': 'application/json' });
    expect(empty.status).toBe(201);
    expect((await server.request('POST', `${path}/go_live`)).status).toBe(201);
  });

  it('go live out of backstage, and stay there when asked again', async () => {
    const cid = newCid();
    await server.call('POST', cid);
    const live = await server.call('POST', cid, 'go_live', { start_recording: true });
    expect(live.json.call).toMatchObject({ backstage: false, recording: true, egress: { hls: null } });
    const again = await server.call('POST', cid, 'go_live');
    expect(again.json.call.session.live_started_at).toBe(live.json.call.session.live_started_at);
    const stopped = await server.call('POST', cid, 'stop_live');
    expect(stopped.json.call).toMatchObject({ backstage: true, recording: false });
  });

  it('are changed by PATCH and refuse to go live once ended', async () => {
    const cid = newCid();
    await server.call('POST', cid);
    const changed = await server.call('PATCH', cid, '', {
      custom: { a: 1 },
      starts_at: '2030-01-01T00:00:00Z',
      settings_override: { broadcasting: { hls: { auto_on: true } } },
    });
    expect(changed.status).toBe(200);
    expect(changed.json.call).toMatchObject({
      custom: { a: 1 },
      settings: { broadcasting: { hls: { auto_on: true } } },
    });
    expect(changed.text).toContain('"starts_at":1893456000000000000,');
    expect((await server.call('POST', cid, 'mark_ended')).status).toBe(201);
    const late = await server.call('POST', cid, 'go_live');
    expect([late.status, late.json.code]).toEqual([400, 4]);
  });
});

describe('broadcasts', () => {
  const arm = async (cid: string): Promise<string> => {
    await server.call('POST', cid);
    const started = await server.call('POST', cid, 'go_live', { start_hls: true });
    return started.json.call.egress.hls.playlist_url;
  };
  const inputOf = async (cid: string): Promise<string> => {
    const address: string = (await server.call('GET', cid)).json.call.ingress.cmaf.address;
    const rows = await (await bus.table(liveInputsBucket)).list();
    return rows.find(({ value }) => address.endsWith(value.externalId))?.value.id ?? '';
  };
  const rowOf = async (url: string) => (await (await bus.table(broadcastsBucket)).get(url.split('/')[4] ?? ''))?.value;

  it('wait for the first segment of their own, run, and stop when told, each with a URL of its own', async () => {
    const cid = newCid();
    const url = await arm(cid);
    expect(url).toMatch(/^http:\/\/play\.test\/broadcast\/bc_\w{20}\/index\.m3u8$/);
    expect(await egressOf(cid)).toMatchObject({ broadcasting: false, hls: { playlist_url: url, status: 'starting' } });
    const inputId = await inputOf(cid);
    const startEpochMs = (await rowOf(url))?.startEpochMs ?? 0;
    await closeSegment(bus, inputId, { mediaSequence: 0, startEpochMs: startEpochMs - 500 });
    await closeSegment(bus, inputId, { mediaSequence: 1, startEpochMs: startEpochMs + 500 });
    await eventually(async () => (await egressOf(cid)).hls?.status === 'running');
    expect((await rowOf(url))?.state).toBe('running');
    expect((await server.call('POST', cid, 'start_broadcasting')).json.playlist_url).toBe(url);

    expect((await server.call('POST', cid, 'stop_broadcasting')).status).toBe(201);
    expect(await egressOf(cid)).toMatchObject({ broadcasting: false, hls: null });
    expect(await rowOf(url)).toMatchObject({ state: 'stopped', endEpochMs: startEpochMs + 1500 });
    const idle = await server.call('POST', cid, 'stop_broadcasting');
    expect([idle.status, idle.json.code]).toEqual([400, 4]);
    expect(idle.json.message).toBe('StopHLSBroadcasting failed with error: "call egress is not running"');
    expect((await server.call('POST', cid, 'start_broadcasting')).json.playlist_url).not.toBe(url);
  });

  it('stop by themselves when the media falls silent', async () => {
    const cid = newCid();
    const url = await arm(cid);
    const inputId = await inputOf(cid);
    await closeSegment(bus, inputId, { mediaSequence: 0, startEpochMs: Date.now() + 10 });
    await eventually(async () => (await rowOf(url))?.state === 'running');
    await eventually(async () => (await rowOf(url))?.state === 'stopped', { withinMs: 8000 });
  });

  it('fail when no media arrives in time', async () => {
    const cid = newCid();
    const url = await arm(cid);
    await eventually(async () => (await rowOf(url))?.state === 'failed', { withinMs: 8000 });
    expect((await egressOf(cid)).hls).toBeNull();
  });

  it('end with stop_live unless it is told to leave them', async () => {
    const cid = newCid();
    await arm(cid);
    await server.call('POST', cid, 'stop_live', { continue_hls: true });
    expect((await egressOf(cid)).hls).not.toBeNull();
    await server.call('POST', cid, 'stop_live');
    expect((await egressOf(cid)).hls).toBeNull();
  });
});

describe('the door of the call API', () => {
  const nowSec = (): number => Math.floor(Date.now() / 1000);

  it('answers each fault with its code and the one shape', async () => {
    const cid = newCid();
    await server.call('POST', cid);
    const goLive = async (client: CallClient) => {
      const { status, json } = await client.call('POST', cid, 'go_live');
      expect(json).toEqual({
        code: expect.any(Number),
        message: expect.stringMatching(/^GoLive failed with error: ".+"$/),
        StatusCode: status,
        duration: expect.stringMatching(/ms$/),
        more_info: '',
        details: [],
      });
      return [status, json.code];
    };
    const user = { user_id: 'u' };
    expect(await goLive(await clientOf(undefined))).toEqual([401, 5]);
    expect(await goLive(await clientOf({ ...user, exp: nowSec() - 60 }))).toEqual([401, 40]);
    expect(await goLive(await clientOf({ ...user, nbf: nowSec() + 60 }))).toEqual([401, 41]);
    expect(await goLive(await clientOf({ ...user, iat: nowSec() + 60 }))).toEqual([401, 42]);
    expect(await goLive(await clientOf(user, 'another-secret-altogether'))).toEqual([401, 43]);
    expect(await goLive(await clientOf(user))).toEqual([403, 17]);
    const stranger = new CallClient(() => service.httpPort, newTenant(), 'x');
    expect(await goLive(stranger)).toEqual([401, 2]);
  });

  it('answers 400/4 to bad bodies, 404/16 to what does not exist', async () => {
    const cid = newCid();
    await server.call('POST', cid);
    const codeOf = async (pending: ReturnType<CallClient['call']>) => {
      const { status, json } = await pending;
      return [status, json.code];
    };
    expect(await codeOf(server.call('POST', cid, 'go_live', { start_transcription: true }))).toEqual([400, 4]);
    expect(await codeOf(server.call('POST', cid, 'go_live', { start_hls: 'yes' }))).toEqual([400, 4]);
    expect(await codeOf(server.call('POST', 'livestream:not~good'))).toEqual([400, 4]);
    expect(await codeOf(server.call('GET', newCid()))).toEqual([404, 16]);
    expect(await codeOf(server.call('POST', newCid('webinar')))).toEqual([404, 16]);
    expect(await codeOf(server.call('POST', cid, 'no_such_thing'))).toEqual([404, 16]);
    const broken = await fetch(
      `http://127.0.0.1:${service.httpPort}/api/v2/video/call/livestream/x?api_key=${tenant.appKey}`,
      {
        method: 'POST',
        headers: {
          authorization: await signToken({ server: true }, tenant.appSecret),
          'content-type': 'application/json',
        },
        body: '{',
      },
    );
    expect([broken.status, ((await broken.json()) as { code: number }).code]).toEqual([400, 4]);
  });

  it('lets owners, hosts and call tokens broadcast, and names the rest with user, action and scope', async () => {
    const cid = newCid();
    const owner = await clientOf({ user_id: 'owner' });
    const made = await owner.call('POST', cid, '', { data: { members: [{ user_id: 'helga', role: 'host' }] } });
    expect(made.json.own_capabilities).toContain('start-broadcast-call');
    const visitor = await clientOf({ user_id: 'vera' });
    expect((await visitor.call('GET', cid)).json.own_capabilities).not.toContain('start-broadcast-call');
    const refused = await visitor.call('POST', cid, 'start_broadcasting');
    expect([refused.status, refused.json.code]).toEqual([403, 17]);
    expect(refused.json.message).toContain(
      "User 'vera' with role 'user' is not allowed to perform action StartBroadcastCall in scope 'video:livestream'",
    );
    expect((await (await clientOf({ user_id: 'helga' })).call('POST', cid, 'start_broadcasting')).status).toBe(201);
    const token = await clientOf({ user_id: 'guest', call_cids: [cid], role: 'admin' });
    expect((await token.call('POST', cid, 'stop_broadcasting')).status).toBe(201);
    const elsewhere = await clientOf({ user_id: 'owner', call_cids: [newCid()] });
    expect((await elsewhere.call('GET', cid)).status).toBe(403);
  });

  it('keeps the calls of two apps apart', async () => {
    const cid = newCid();
    await server.call('POST', cid);
    const other = newTenant();
    const second = await startService(other);
    const stranger = new CallClient(() => second.httpPort, other, await signToken({ server: true }, other.appSecret));
    expect((await stranger.call('GET', cid)).status).toBe(404);
    await second.close();
  });
});
