import { apiKeysBucket, EVENTS_STREAM, inputEventSubject, liveInputsBucket, OUTBOX_STREAM } from '#shared/contracts';
import { connectBus, publishFact, type Bus } from '#shared/messaging';
import { backendsFromEnvironment, eventually } from '#shared/testing';
import type { RunningBroadcast } from '../src/start-broadcast.ts';
import { sha256Hex } from '../src/domain/live-input.ts';
import { closeSegment, newTenant, startService, trpc } from './harness.ts';

const tenant = newTenant();
const { orgId, apiKey } = tenant;
let service: RunningBroadcast;
let bus: Bus;

beforeAll(async () => {
  service = await startService(tenant);
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

const create = (input: Record<string, unknown>) =>
  trpc(service.httpPort, 'streams.liveInputs.create', { orgId, ...input }, { apiKey });
const get = (id: string) => trpc(service.httpPort, 'streams.liveInputs.get', { orgId, id }, { apiKey, method: 'GET' });

describe('live inputs', () => {
  it('creates an input with its key shown once, and finds it by either id at once', async () => {
    const made = await create({ name: 'Stage' });
    expect(made.status).toBe(200);
    const row = made.json.result.data;
    expect(row).toEqual({
      id: expect.stringMatching(/^li_[A-Za-z0-9]{20}$/),
      external_input_id: expect.stringMatching(/^lv_[A-Za-z0-9]{20}$/),
      name: 'Stage',
      status: 'idle',
      ingest: 'fmp4',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      stream_key_cleartext: expect.stringMatching(/^sk_live_[A-Za-z0-9]{32,}$/),
    });
    const { stream_key_cleartext: _key, ...shown } = row;
    expect((await get(row.id)).json.result.data).toEqual(shown);
    expect((await get(row.external_input_id)).json.result.data).toEqual(shown);
  });

  it('keeps only the hash of a stream key, in no bucket and no stream the key', async () => {
    const row = (await create({ name: 'Secret' })).json.result.data;
    const table = await bus.table(liveInputsBucket);
    expect((await table.get(row.id))?.value.streamKeySha256).toBe(sha256Hex(row.stream_key_cleartext));
    const streams = ['KV_live_inputs', 'KV_calls', 'KV_apps', 'KV_api_keys', EVENTS_STREAM, OUTBOX_STREAM];
    for (const name of streams) {
      const text = await wholeText(name);
      expect(text).not.toContain(row.stream_key_cleartext);
      expect(text).not.toContain(apiKey);
      expect(text).not.toContain(tenant.appSecret);
    }
    expect(await wholeText('KV_live_inputs')).toContain(row.id);
  });

  it('takes every kind of ingest and the extensions, and refuses what is not of the form', async () => {
    for (const ingest of ['fmp4', 'whip', 'rtmp', 'srt'])
      expect((await create({ name: 'x', ingest })).json.result.data.ingest).toBe(ingest);
    const extended = await create({
      name: 'x',
      app: 'studio',
      stream: `s${Date.now()}`,
      identities: [`did:web:${orgId}`],
    });
    expect(extended.status).toBe(200);
    const again = await create({ name: 'x', identities: [`did:web:${orgId}`] });
    expect([again.status, again.json.error.data.code]).toEqual([409, 'CONFLICT']);
    for (const bad of [
      { name: '' },
      { name: 'x', ingest: 'dash' },
      { ingest: 'fmp4' },
      { name: 'x', retentionDays: 31 },
    ]) {
      const refused = await create(bad);
      expect(refused.status).toBe(400);
      expect(refused.json).toEqual({
        error: {
          message: expect.any(String),
          code: -32600,
          data: { code: 'BAD_REQUEST', httpStatus: 400, path: 'streams.liveInputs.create' },
        },
      });
    }
  });

  it('answers under both prefixes, and lists in a stable order by pages', async () => {
    const own = newTenant();
    const other = await startService(own);
    const names = ['a', 'b', 'c'];
    for (const name of names) await trpc(other.httpPort, 'streams.liveInputs.create', { orgId: own.orgId, name }, own);
    const list = (page: unknown, perPage: unknown) =>
      trpc(
        other.httpPort,
        'streams.liveInputs.list',
        { orgId: own.orgId, page, perPage },
        { ...own, method: 'GET', prefix: '/trpc' },
      );
    const namesOf = async (page: number, perPage: number) =>
      ((await list(page, perPage)).json.result.data as Array<{ name: string }>).map(({ name }) => name);
    expect(await namesOf(1, 2)).toEqual(['a', 'b']);
    expect(await namesOf(2, 2)).toEqual(['c']);
    expect(await namesOf(3, 2)).toEqual([]);
    expect((await list(0, 50)).status).toBe(400);
    expect((await list(1, 101)).status).toBe(400);
    await other.close();
  });

  it('refuses unknown keys, lacking scopes, other organisations, unknown ids and procedures', async () => {
    const port = service.httpPort;
    const [limited, stranger] = [newTenant(), newTenant()];
    const keys = await bus.table(apiKeysBucket);
    for (const [key, owner, scopes] of [
      [limited.apiKey, orgId, ['streams:liveInputs:read']],
      [stranger.apiKey, stranger.orgId, ['streams:*']],
    ] as const)
      await keys.put(sha256Hex(key), { sha256: sha256Hex(key), orgId: owner, label: 't', scopes: [...scopes] });
    const make = (key?: string) =>
      trpc(port, 'streams.liveInputs.create', { orgId, name: 'x' }, key === undefined ? {} : { apiKey: key });
    const codeOf = ({ status, json }: { status: number; json: { error: { code: number } } }) => [
      status,
      json.error.code,
    ];

    expect(codeOf(await make())).toEqual([401, -32001]);
    expect(codeOf(await make('tqs_live_nobody_knows'))).toEqual([401, -32001]);
    await eventually(async () => (await make(limited.apiKey)).status === 403);
    expect(codeOf(await make(limited.apiKey))).toEqual([403, -32003]);
    await eventually(async () => (await make(stranger.apiKey)).status === 403);
    const row = (await create({ name: 'mine' })).json.result.data;
    const foreign = await trpc(
      port,
      'streams.liveInputs.get',
      { orgId: stranger.orgId, id: row.id },
      { apiKey: stranger.apiKey, method: 'GET' },
    );
    expect(codeOf(foreign)).toEqual([404, -32004]);
    expect(codeOf(await get('li_unknown12345'))).toEqual([404, -32004]);
    expect(codeOf(await trpc(port, 'streams.nothing', {}, { apiKey }))).toEqual([404, -32004]);
    expect(codeOf(await trpc(port, 'streams.liveInputs.list', {}, { apiKey }))).toEqual([405, -32005]);
  });

  it('replaces a stream key by rotation', async () => {
    const row = (await create({ name: 'rotated' })).json.result.data;
    const rotated = await trpc(
      service.httpPort,
      'streams.liveInputs.rotateStreamKey',
      { orgId, id: row.id },
      { apiKey },
    );
    const key = rotated.json.result.data.stream_key_cleartext;
    expect(key).not.toBe(row.stream_key_cleartext);
    const stored = await (await bus.table(liveInputsBucket)).get(row.id);
    expect(stored?.value.streamKeySha256).toBe(sha256Hex(key));
  });

  it('lists the problems of an input, newest first, for its organisation only', async () => {
    const row = (await create({ name: 'troubled' })).json.result.data;
    const problems = (id: string, key = apiKey, org = orgId) =>
      trpc(service.httpPort, 'streams.liveInputs.problems', { orgId: org, id }, { apiKey: key, method: 'GET' });
    expect((await problems(row.id)).json.result.data).toEqual([]);
    const tell = (fact: string, rest: Record<string, unknown>) =>
      publishFact(bus, inputEventSubject.format({ inputId: row.id, fact }), { fact, inputId: row.id, ...rest });
    const said = { severity: 'error', sentence: 'Too long.' };
    await tell('problem_raised', { atMs: 1000, code: 'no_keyframe', trackId: 2, ...said });
    await tell('problem_raised', { atMs: 3000, code: 'av_drift', trackId: 1, ...said });
    await tell('problem_cleared', { atMs: 4000, code: 'no_keyframe', trackId: 2 });
    const [drift, keyframe, ...rest] = (await problems(row.external_input_id)).json.result.data;
    expect(drift).toEqual({
      ...said,
      code: 'av_drift',
      trackId: 1,
      count: 1,
      firstSeenAt: '1970-01-01T00:00:03.000Z',
      lastSeenAt: '1970-01-01T00:00:03.000Z',
    });
    expect(keyframe).toMatchObject({ code: 'no_keyframe', clearedAt: '1970-01-01T00:00:04.000Z' });
    expect(rest).toEqual([]);
    expect((await problems('li_unknown12345')).status).toBe(404);
    expect((await problems(row.id, apiKey, 'org_other')).status).toBe(403);
    expect((await problems(row.id, 'tqs_live_nobody_knows')).status).toBe(401);
  });

  it('is live while segments of it close', async () => {
    const row = (await create({ name: 'on air' })).json.result.data;
    await closeSegment(bus, row.id, { mediaSequence: 0, startEpochMs: Date.now() - 1000 });
    await eventually(async () => (await get(row.id)).json.result.data.status === 'live');
  });
});

async function wholeText(stream: string): Promise<string> {
  const info = await bus.manager.streams.info(stream);
  let text = '';
  for (let seq = info.state.first_seq; seq <= info.state.last_seq && info.state.messages > 0; seq += 1) {
    const message = await bus.manager.streams.getMessage(stream, { seq });
    if (message !== null) text += `${message.subject} ${message.string()}\n`;
  }
  return text;
}
