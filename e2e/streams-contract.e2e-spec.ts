import { createHash } from 'node:crypto';
import { apiKeysBucket } from '#shared/contracts';
import { connectBus } from '#shared/messaging';
import { backendsFromEnvironment, eventually } from '#shared/testing';
import { at, callClient } from './support/calls.ts';
import { encodeFile } from './support/encode-file.ts';
import { placesOf } from './support/everything-stored.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { cutPush, pushInPieces } from './support/push.ts';
import { trpc, type TrpcAnswer } from './support/trpc.ts';
import { chunksOf, initOf } from './support/cmaf-walk.ts';

interface Row {
  readonly id: string;
  readonly external_input_id: string;
  readonly name: string;
  readonly status: string;
  readonly ingest: string;
  readonly createdAt: string;
  readonly stream_key_cleartext?: string;
}

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** contracts/streams.md, A-04 to A-09: live inputs and their keys over the wire of the control plane. */
describe('streams.md', () => {
  let origin: Origin;
  const beganAt = new Date();

  const create = (input: Record<string, unknown>, authorization?: string): Promise<TrpcAnswer<Row>> =>
    trpc<Row>(origin, {
      kind: 'mutation',
      procedure: 'streams.liveInputs.create',
      input: { orgId: origin.orgId, name: 'contract', ...input },
      ...(authorization === undefined ? {} : { authorization }),
    });
  const created = async (input: Record<string, unknown> = {}): Promise<Required<Row>> => {
    const { status, data } = await create(input);
    expect(status).toBe(200);
    return data as Required<Row>;
  };
  const get = (
    id: string,
    extra: { orgId?: string; authorization?: string; prefix?: string } = {},
  ): Promise<TrpcAnswer<Row>> => {
    const { orgId = origin.orgId, ...call } = extra;
    return trpc<Row>(origin, { kind: 'query', procedure: 'streams.liveInputs.get', input: { orgId, id }, ...call });
  };
  const list = (input: Record<string, unknown> = {}, authorization?: string): Promise<TrpcAnswer<Row[]>> =>
    trpc<Row[]>(origin, {
      kind: 'query',
      procedure: 'streams.liveInputs.list',
      input: { orgId: origin.orgId, ...input },
      ...(authorization === undefined ? {} : { authorization }),
    });
  const rotate = (id: string): Promise<TrpcAnswer<Row>> =>
    trpc<Row>(origin, {
      kind: 'mutation',
      procedure: 'streams.liveInputs.rotateStreamKey',
      input: { orgId: origin.orgId, id },
    });
  const publishUrl = ({ external_input_id: id }: Row, key: string): string =>
    `${origin.ingest}/publish/${id}/Streams(v.cmfv)?sk=${key}`;
  const untilStatus = (row: Row, status: string, withinMs: number): Promise<true> =>
    eventually(async () => (await get(row.id)).data?.status === status && true, {
      withinMs,
      everyMs: 50,
      what: `status ${status}`,
    });

  /** Puts a key beside the configured one, as the preview procedure for API keys will. */
  const otherKey = async (key: string, row: { orgId: string; scopes: string[] }): Promise<string> => {
    const environment = { BUS_REPLICAS: 1, MEDIA_MAX_AGE_SEC: 900, MEDIA_MAX_BYTES: 2_147_483_648 };
    const bus = await connectBus('contract-test', { NATS_URL: backendsFromEnvironment().NATS_URL, ...environment });
    try {
      const sha256 = sha256Hex(key);
      await (await bus.table(apiKeysBucket)).put(sha256, { sha256, label: 'contract test', ...row });
    } finally {
      await bus.close();
    }
    const authorization = `Bearer ${key}`;
    await eventually(async () => (await list({}, authorization)).status !== 401, { what: 'the key to be known' });
    return authorization;
  };
  const freshKey = (): string => `tqs_live_${sha256Hex(origin.runDir + String(Math.random())).slice(0, 32)}`;

  beforeAll(async () => {
    origin = await startOrigin();
  }, 90_000);
  afterAll(() => origin?.stop(), 30_000);

  describe('A-04 every call carries a Bearer', () => {
    it.each([
      ['no header', ''],
      ['another scheme', 'Basic dXNlcjpwYXNz'],
      ['an unknown key', 'Bearer tqs_live_00000000000000000000'],
    ])('%s is UNAUTHORIZED, 401', async (_what, authorization) => {
      for (const answer of [await create({}, authorization), await list({}, authorization)]) {
        expect(answer).toMatchObject({ status: 401, data: undefined, error: { data: { code: 'UNAUTHORIZED' } } });
      }
    });

    it('a key without the scope is FORBIDDEN, 403, and nothing is made', async () => {
      const reader = await otherKey(freshKey(), { orgId: origin.orgId, scopes: ['streams:liveInputs:read'] });
      const before = (await list({ perPage: 100 })).data!.length;
      expect(await create({}, reader)).toMatchObject({ status: 403, error: { data: { code: 'FORBIDDEN' } } });
      const stranger = await otherKey(freshKey(), { orgId: origin.orgId, scopes: ['calls:*'] });
      expect(await list({}, stranger)).toMatchObject({ status: 403, data: undefined });
      expect((await list({ perPage: 100 }, reader)).data).toHaveLength(before);
    });

    it('a key of another organisation gets 403 or 404 and no data', async () => {
      const row = await created();
      const foreign = await otherKey(freshKey(), { orgId: 'org_other', scopes: ['streams:*'] });
      expect((await get(row.id, { orgId: 'org_other', authorization: foreign })).status).toBe(404);
      for (const answer of [
        await get(row.id, { authorization: foreign }),
        await list({}, foreign),
        await create({}, foreign),
      ]) {
        expect([403, 404]).toContain(answer.status);
        expect(answer.data).toBeUndefined();
      }
    });
  });

  it('A-05 ingest is fmp4 when absent; each kind is taken; anything else is BAD_REQUEST and makes nothing', async () => {
    const row = await created();
    expect(row).toEqual({
      id: expect.stringMatching(/^li_/),
      external_input_id: expect.stringMatching(/^lv_/),
      name: 'contract',
      status: 'idle',
      ingest: 'fmp4',
      createdAt: expect.any(String),
      stream_key_cleartext: expect.stringMatching(/^sk_live_/),
    });
    for (const ingest of ['fmp4', 'whip', 'rtmp', 'srt']) expect((await created({ ingest })).ingest).toBe(ingest);
    const before = (await list({ perPage: 100 })).data!.length;
    for (const wrong of [
      { ingest: 'hls' },
      { ingest: '' },
      { ingest: 7 },
      { name: '' },
      { name: '  ' },
      { name: undefined },
    ]) {
      expect(await create(wrong)).toMatchObject({
        status: 400,
        error: { code: -32600, data: { code: 'BAD_REQUEST' } },
      });
    }
    expect((await create({ orgId: undefined })).status).toBe(400);
    expect((await list({ perPage: 100 })).data).toHaveLength(before);
  });

  it('A-06 the key is shown once; every store and log holds its hash at most', async () => {
    const row = await created();
    const other = await created();
    const rotated = (await rotate(other.id)).data!;
    const calls = await callClient(origin);
    const call = await calls.post('/video/call/livestream/secrets', { data: { created_by_id: 'contract' } });
    const keys: string[] = [
      row.stream_key_cleartext,
      other.stream_key_cleartext,
      rotated.stream_key_cleartext!,
      String(at(call.body, 'call.ingress.cmaf.stream_key')),
    ];
    expect(new Set(keys).size).toBe(4);
    const media = await encodeFile({ durationSec: 3, video: true });
    expect(await pushInPieces(publishUrl(row, keys[0]!), [media])).toBe(200);
    expect(await pushInPieces(publishUrl(row, `${keys[0]!}x`), [media])).toBe(403);
    expect(
      await pushInPieces(`${origin.ingest}/publish/${row.external_input_id}/${keys[0]!}/v/init.mp4`, [
        media.subarray(0, 40),
      ]),
    ).toBe(400);
    const inPath = `${origin.ingest}/publish/${row.external_input_id}/${encodeURIComponent(keys[0]!).replace('_', '%5F')}`;
    expect(await pushInPieces(`${inPath}/v/init.mp4`, [media.subarray(0, 40)])).toBe(400);
    expect(await pushInPieces(`${origin.ingest}/no/such/door?sk=${keys[0]!}`, [media])).toBe(404);
    for (const { data } of [await get(row.id), await list({ perPage: 100 }), await rotate(other.id)]) {
      for (const key of keys) expect(JSON.stringify(data)).not.toContain(key);
    }
    // As it stands in a log line whose URL was not decoded.
    keys.push(keys[0]!.slice('sk_live_'.length));
    const hashes = [sha256Hex(keys[0]!), sha256Hex(keys[3]!)];
    const places = await placesOf([...keys, ...hashes, origin.apiKey, origin.app.apiSecret], origin, beganAt);
    for (const key of [...keys, origin.apiKey, origin.app.apiSecret]) expect(places.get(key)).toEqual([]);
    for (const hash of hashes)
      expect(places.get(hash)).toEqual(expect.arrayContaining([expect.stringContaining('live_inputs')]));
    // What was searched is where the media is known to be: a search that misses it would prove nothing.
    await eventually(
      async () => {
        const found = (await placesOf([row.id], origin, beganAt)).get(row.id)?.join('\n') ?? '';
        return ['MEDIA', 'JOURNAL', 'redis', 'log ingest'].every((place) => found.includes(place));
      },
      { what: 'the input in every store and log', everyMs: 500 },
    );
  }, 40_000);

  it('A-07 an unknown id is 404; lists are paged, bounded and in a stable order', async () => {
    for (const id of ['li_doesnotexist00000000', 'nonsense']) {
      expect(await get(id)).toMatchObject({ status: 404, error: { code: -32004, data: { code: 'NOT_FOUND' } } });
    }
    while ((await list({ perPage: 100 })).data!.length < 53)
      await Promise.all([created(), created(), created(), created()]);
    const all = (await list({ perPage: 100 })).data!;
    expect((await list()).data).toEqual(all.slice(0, 50));
    expect((await list({ page: 2 })).data).toEqual(all.slice(50));
    expect((await list({ page: 3, perPage: 10 })).data).toEqual(all.slice(20, 30));
    expect((await list({ page: 99 })).data).toEqual([]);
    for (const wrong of [{ page: 0 }, { page: -1 }, { page: 1.5 }, { perPage: 0 }, { perPage: 101 }]) {
      expect([wrong, (await list(wrong)).status]).toEqual([wrong, 400]);
    }
    const [first] = all;
    for (const id of [first!.id, first!.external_input_id])
      expect((await get(id, { prefix: '/trpc' })).data).toEqual(first);
  }, 30_000);

  it('A-08 idle, live within a second of the first chunk, idle after the end, errored by bad media, cleared by good', async () => {
    const row = await created();
    const media = await encodeFile({ durationSec: 60, video: true });
    expect(row.status).toBe('idle');
    const gate = { open: (): void => undefined };
    const opened = new Promise<void>((resolve) => {
      gate.open = resolve;
    });
    const head = Buffer.concat([initOf(media), chunksOf(media)[0]!]);
    const upload = fetch(publishUrl(row, row.stream_key_cleartext), {
      method: 'POST',
      duplex: 'half',
      body: new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(head)),
        pull: async (controller) => {
          await opened;
          controller.close();
        },
      }),
    });
    await untilStatus(row, 'live', 1000);
    gate.open();
    expect((await upload).status).toBe(200);
    await untilStatus(row, 'idle', 5000);
    expect(await pushInPieces(publishUrl(row, row.stream_key_cleartext), [Buffer.alloc(4000, 0x47)])).toBe(415);
    await untilStatus(row, 'errored', 2000);
    await cutPush(
      publishUrl(row, row.stream_key_cleartext),
      Buffer.concat([initOf(media), ...chunksOf(media).slice(4, 9)]),
    );
    await eventually(async () => (await get(row.id)).data?.status !== 'errored', {
      what: 'the error cleared',
      withinMs: 2000,
    });
  }, 30_000);

  it('A-09 a rotated key is another one, and the old one is refused at once', async () => {
    const row = await created();
    const media = await encodeFile({ durationSec: 2, video: true });
    const { stream_key_cleartext: key } = (await rotate(row.id)).data!;
    expect(key).not.toBe(row.stream_key_cleartext);
    await eventually(async () => (await pushInPieces(publishUrl(row, row.stream_key_cleartext), [media])) === 403, {
      withinMs: 1000,
      what: 'the old key refused',
    });
    expect(await pushInPieces(publishUrl(row, key!), [media])).toBe(200);
  });

  it('the wire: a query is a GET, a mutation a POST, an unknown procedure NOT_FOUND, bad JSON BAD_REQUEST', async () => {
    const input = { orgId: origin.orgId, name: 'x' };
    expect((await trpc(origin, { kind: 'query', procedure: 'streams.liveInputs.create', input })).status).toBe(405);
    expect((await trpc(origin, { kind: 'mutation', procedure: 'streams.liveInputs.get', input })).status).toBe(405);
    expect(
      (await trpc(origin, { kind: 'query', procedure: 'streams.liveInputs.nothing', input })).error?.data.code,
    ).toBe('NOT_FOUND');
    const response = await fetch(`${origin.broadcast}/api/trpc/streams.liveInputs.create`, {
      method: 'POST',
      headers: { authorization: `Bearer ${origin.apiKey}`, 'content-type': 'application/json' },
      body: '{"orgId":',
    });
    expect([response.status, at(await response.json(), 'error.data.code')]).toEqual([400, 'BAD_REQUEST']);
  });
});
