import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { eventually } from '#shared/testing';
import { callToken, foreignTokens, type CallClaims } from './support/call-tokens.ts';
import { at, callRequest, type CallReply, type CallRequest } from './support/calls.ts';
import { startEncoder, type Encoder } from './support/encoder.ts';
import { startOrigin, type Origin } from './support/origin.ts';
import { untilPlayable } from './support/playlists.ts';
import { receiveWebhooks, type Delivery, type WebhookReceiver } from './support/webhook-receiver.ts';

const CALL = '/video/call/livestream';
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** contracts/calls.md over plain HTTP. */
describe('calls.md', () => {
  let origin: Origin;
  let hooks: WebhookReceiver;
  let flaky: WebhookReceiver;
  let secrets: string[];
  const encoders: Encoder[] = [];

  const nowSec = (): number => Math.floor(Date.now() / 1000);
  const mint = (claims: CallClaims): string => callToken(claims, origin.app.apiSecret);
  const server = (): string => mint({ server: true });
  const user = (claims: CallClaims = {}): string =>
    mint({ user_id: 'ann', iat: nowSec(), exp: nowSec() + 600, ...claims });

  const ask = (method: string, path: string, request: CallRequest = {}): Promise<CallReply> =>
    callRequest(origin, method, path, { token: server(), ...request });
  const make = async (id: string, data: Record<string, unknown> = {}): Promise<CallReply> => {
    const reply = await ask('POST', `${CALL}/${id}`, { body: { data: { created_by_id: 'owner', ...data } } });
    expect(reply.status).toBe(201);
    return reply;
  };
  const eventsOf = (id: string, type: string): Delivery[] =>
    hooks.deliveries.filter(({ body }) => body.call_cid === `livestream:${id}` && body.type === type);
  const untilEvent = (id: string, type: string): Promise<Delivery> =>
    eventually(() => eventsOf(id, type)[0], { withinMs: 20_000, what: `${type} of ${id}` });
  /** Resolves when every event of a call so far has come, which a marker sent after them shows. */
  const untilQuiet = async (id: string): Promise<void> => {
    const mark = `${Date.now()}`;
    await ask('PATCH', `${CALL}/${id}`, { body: { custom: { mark } } });
    await eventually(() => hooks.deliveries.some(({ raw }) => raw.includes(mark)), {
      what: 'the marker',
      withinMs: 15_000,
    });
  };

  beforeAll(async () => {
    origin = await startOrigin();
    [hooks, flaky] = await Promise.all([receiveWebhooks(), receiveWebhooks({ failFirst: 1 })]);
    const types = ['call.hls_broadcasting_started', 'call.hls_broadcasting_stopped'];
    const { body } = await ask('PATCH', '/app', {
      body: {
        event_hooks: [
          { enabled: true, hook_type: 'webhook', webhook_url: hooks.url, event_types: [] },
          { enabled: true, hook_type: 'webhook', webhook_url: flaky.url, event_types: types },
        ],
      },
    });
    secrets = [0, 1].map((index) => String(at(body, `app.event_hooks.${index}.signing_secret`)));
  }, 90_000);
  afterAll(async () => {
    await Promise.all(encoders.map((encoder) => encoder.kill9()));
    await Promise.all([hooks?.close(), flaky?.close()]);
    await origin?.stop();
  }, 30_000);

  describe('transport', () => {
    it('POST answers 201, GET and PATCH 200, each with its duration', async () => {
      const replies: Array<[number, CallReply]> = [
        [201, await make('transport')],
        [201, await make('transport')],
        [200, await ask('GET', `${CALL}/transport`)],
        [200, await ask('PATCH', `${CALL}/transport`, { body: { custom: { colour: 'red' } } })],
        [201, await ask('POST', `${CALL}/transport/go_live`, { body: {} })],
        [201, await ask('POST', `${CALL}/transport/stop_live`, { body: {} })],
        [201, await ask('POST', `${CALL}/transport/mark_ended`)],
        [200, await ask('GET', '/app')],
      ];
      for (const [status, reply] of replies) {
        expect([reply.text, reply.status]).toEqual([reply.text, status]);
        expect(reply.body['duration']).toMatch(/^\d+(\.\d+)?ms$/);
      }
      expect([replies[0]![1].body['created'], replies[1]![1].body['created']]).toEqual([true, false]);
      expect(at(replies[3]![1].body, 'call.custom')).toEqual({ colour: 'red' });
    });

    it('a POST without a body is good with the JSON content type, with length 0 and with neither', async () => {
      await make('empty-body');
      for (const headers of [{ 'content-type': 'application/json' }, {}] as Array<Record<string, string>>) {
        expect((await ask('POST', `${CALL}/empty-body/go_live`, { headers })).status).toBe(201);
      }
      const body = '';
      expect((await ask('POST', `${CALL}/empty-body/go_live`, { body })).status).toBe(201);
    });

    it('go_live and start_broadcasting answer at once, without media', async () => {
      await make('at-once');
      const replies = [
        await ask('POST', `${CALL}/at-once/go_live`, { body: { start_hls: true } }),
        await ask('POST', `${CALL}/at-once/start_broadcasting`),
      ];
      for (const { status, tookMs } of replies) {
        expect(status).toBe(201);
        expect(tookMs).toBeLessThan(2000);
      }
      expect(at(replies[0]!.body, 'call.egress')).toMatchObject({ broadcasting: false, hls: { status: 'starting' } });
    });

    it('times in answers are integer nanoseconds since 1970; requests are RFC 3339', async () => {
      const beforeMs = Date.now();
      const { text } = await make('times', { starts_at: '2027-01-02T03:04:05.678+02:00' });
      const nanoseconds = /"created_at":(\d+)[,}]/.exec(text)![1]!;
      expect(nanoseconds).toMatch(/^\d{13}000000$/);
      expect(Math.abs(Number(BigInt(nanoseconds) / 1_000_000n) - beforeMs)).toBeLessThan(5000);
      expect(text).toContain(`"starts_at":${Date.parse('2027-01-02T01:04:05.678Z')}000000`);
      expect((await ask('PATCH', `${CALL}/times`, { body: { starts_at: 'tomorrow' } })).body['code']).toBe(4);
    });
  });

  describe('tokens', () => {
    it('server, user and call tokens are good, bare or as Bearer, the type in header or query', async () => {
      await make('tokens');
      const path = `${CALL}/tokens`;
      const good: CallRequest[] = [
        { token: server() },
        { token: user() },
        { token: user({ call_cids: ['livestream:tokens'] }) },
        { token: `Bearer ${user()}` },
        { token: user(), headers: {}, query: '&stream-auth-type=jwt' },
        { token: user({ exp: nowSec() - 2, nbf: nowSec() + 2, iat: nowSec() + 2 }) },
      ];
      for (const request of good) expect((await ask('GET', path, request)).status).toBe(200);
    });

    it.each<[string, number, number, () => CallRequest]>([
      ['an unknown api key', 401, 2, () => ({ apiKey: 'nobody' })],
      ['no api key', 401, 2, () => ({ apiKey: '' })],
      ['no token', 401, 5, () => ({ token: undefined })],
      ['what is no token', 401, 5, () => ({ token: 'abc.def' })],
      ['a token for nobody', 401, 5, () => ({ token: mint({ iat: nowSec() }) })],
      ['an unknown auth type', 401, 5, () => ({ headers: { 'stream-auth-type': 'magic' } })],
      ['an expired token', 401, 40, () => ({ token: user({ exp: nowSec() - 60 }) })],
      ['a token not yet valid', 401, 41, () => ({ token: user({ nbf: nowSec() + 60 }) })],
      ['a token used before iat', 401, 42, () => ({ token: user({ iat: nowSec() + 60 }) })],
      ['a token of another secret', 401, 43, () => ({ token: callToken({ server: true }, 'another-secret') })],
      [
        'a changed token',
        401,
        43,
        () => ({ token: user().replace(/\.[^.]+\./, `.${Buffer.from('{"server":true}').toString('base64url')}.`) }),
      ],
      ...['none', 'HS512', 'RS256', 'ES256'].map((alg): [string, number, number, () => CallRequest] => [
        `a token signed with ${alg}`,
        401,
        5,
        () => ({ token: foreignTokens({ server: true }, origin.app.apiSecret)[alg]! }),
      ]),
    ])('%s is refused: %i with code %i', async (_what, status, code, request) => {
      const reply = await ask('GET', `${CALL}/tokens`, request());
      expect(reply).toMatchObject({ status, body: { code, StatusCode: status } });
    });
  });

  describe('errors', () => {
    it('have the one shape, and their message names the operation', async () => {
      const { body } = await ask('POST', `${CALL}/nothing-here/go_live`, { body: {} });
      expect(body).toEqual({
        code: 16,
        message: expect.stringMatching(/^GoLive failed with error: ".+"$/),
        StatusCode: 404,
        duration: expect.stringMatching(/ms$/),
        more_info: expect.any(String),
        details: [],
      });
    });

    it.each<[string, string, unknown]>([
      ['a body that is no JSON', 'errors/go_live', '{"start_hls":'],
      ['a field of the wrong type', 'errors/go_live', { start_hls: 'yes' }],
      ['transcription, which is not there', 'errors/go_live', { start_transcription: true }],
      ['an id that cannot be', 'a%20b', {}],
    ])('%s is an input error, 400 with code 4', async (_what, path, body) => {
      await make('errors');
      const reply = await ask('POST', `${CALL}/${path}`, { body });
      expect(reply).toMatchObject({ status: 400, body: { code: 4, StatusCode: 400 } });
    });

    it.each(['/video/call/livestream/absent', '/video/call/no-such-type/x', '/video/nothing'])(
      '%s does not exist, 404 with code 16',
      async (path) => {
        expect(await ask('GET', path)).toMatchObject({ status: 404, body: { code: 16, StatusCode: 404 } });
      },
    );

    it('what a user may not do is 403 with code 17, naming user, action and scope; a role for the call allows it', async () => {
      await make('rights', { members: [{ user_id: 'hugo', role: 'host' }] });
      await make('rights-2');
      const start = (id: string, token: string): Promise<CallReply> =>
        ask('POST', `${CALL}/${id}/start_broadcasting`, { token });
      const refused = await start('rights', user());
      expect(refused).toMatchObject({ status: 403, body: { code: 17, StatusCode: 403 } });
      for (const named of ['ann', 'StartBroadcastCall', 'video:livestream'])
        expect(refused.body['message']).toContain(named);
      const visitor = await ask('GET', `${CALL}/rights`, { token: user() });
      expect(visitor.body['own_capabilities']).not.toContain('start-broadcast-call');
      const hostToken = user({ call_cids: ['livestream:rights'], role: 'host' });
      expect((await start('rights-2', hostToken)).status).toBe(403);
      expect((await ask('PATCH', '/app', { token: user(), body: {} })).body['code']).toBe(17);
      expect(
        (await ask('GET', `${CALL}/rights`, { token: undefined, headers: { 'stream-auth-type': 'anonymous' } })).status,
      ).toBe(403);
      for (const token of [hostToken, user({ user_id: 'hugo' }), user({ user_id: 'owner' })]) {
        expect((await start('rights', token)).status).toBe(201);
        const { body } = await ask('GET', `${CALL}/rights`, { token });
        expect(body['own_capabilities']).toEqual(
          expect.arrayContaining(['start-broadcast-call', 'stop-broadcast-call']),
        );
      }
    });
  });

  describe('semantics', () => {
    it('go_live leaves backstage once, and repeated with start_hls starts HLS then', async () => {
      expect(at((await make('live')).body, 'call.backstage')).toBe(true);
      for (let time = 0; time < 3; time += 1) {
        const { status, body } = await ask('POST', `${CALL}/live/go_live`);
        expect([status, at(body, 'call.backstage'), at(body, 'call.egress.hls')]).toEqual([201, false, null]);
      }
      const { body } = await ask('POST', `${CALL}/live/go_live`, { body: { start_hls: true } });
      expect(at(body, 'call.egress.hls.status')).toBe('starting');
      await untilQuiet('live');
      expect(eventsOf('live', 'call.live_started')).toHaveLength(1);
    }, 30_000);

    it('stop when idle is an input error; stopped twice is once', async () => {
      await make('idle');
      const idle = { status: 400, body: { code: 4, message: expect.stringContaining('call egress is not running') } };
      expect(await ask('POST', `${CALL}/idle/stop_broadcasting`)).toMatchObject(idle);
      expect((await ask('POST', `${CALL}/idle/start_broadcasting`)).status).toBe(201);
      expect((await ask('POST', `${CALL}/idle/stop_broadcasting`)).status).toBe(201);
      expect(await ask('POST', `${CALL}/idle/stop_broadcasting`)).toMatchObject(idle);
    });

    it('start when running gives the same URL and no event; its webhooks carry both signatures, and a repeat the same id', async () => {
      const { body: made } = await make('running');
      encoders.push(
        startEncoder({
          publishUrl: String(at(made, 'call.ingress.cmaf.address')),
          streamKey: String(at(made, 'call.ingress.cmaf.stream_key')),
        }),
      );
      const start = (): Promise<CallReply> => ask('POST', `${CALL}/running/start_broadcasting`);
      const url = String((await start()).body['playlist_url']);
      const started = await untilEvent('running', 'call.broadcasting_started');
      await untilPlayable(url, { withinMs: 1000 });
      for (let time = 0; time < 3; time += 1) expect((await start()).body['playlist_url']).toBe(url);
      expect(at((await ask('GET', `${CALL}/running`)).body, 'call.egress')).toMatchObject({
        broadcasting: true,
        hls: { playlist_url: url, status: 'running' },
      });
      expect((await ask('POST', `${CALL}/running/stop_broadcasting`)).status).toBe(201);
      const stopped = await untilEvent('running', 'call.broadcasting_stopped');
      expect((await start()).body['playlist_url']).not.toBe(url);
      await untilQuiet('running');
      expect(hooks.idsOf('call.broadcasting_started')).toHaveLength(1);
      expect(hooks.idsOf('call.broadcasting_stopped')).toHaveLength(1);

      expect(started.body).toMatchObject({
        call_cid: 'livestream:running',
        hls_playlist_url: url,
        call: { id: 'running' },
      });
      expect(Number(stopped.body['sequence'])).toBeGreaterThan(Number(started.body['sequence']));
      for (const delivery of [started, stopped]) expectSigned(delivery, secrets[0]!);

      const spelled = await eventually(() => flaky.deliveries.length >= 3 && flaky.deliveries, {
        withinMs: 15_000,
        what: 'the retried hook',
      });
      const [first, second, third] = spelled;
      expect(spelled.map(({ body }) => body.type)).toEqual([
        'call.hls_broadcasting_started',
        'call.hls_broadcasting_started',
        'call.hls_broadcasting_stopped',
      ]);
      expect([first, second, third].map((delivery) => delivery!.headers['x-webhook-attempt'])).toEqual(['1', '2', '1']);
      expect(second!.headers['x-webhook-id']).toBe(first!.headers['x-webhook-id']);
      expect(third!.headers['x-webhook-id']).not.toBe(first!.headers['x-webhook-id']);
      for (const delivery of spelled) expectSigned(delivery, secrets[1]!);
    }, 60_000);

    const expectSigned = ({ headers, raw, body }: Delivery, signingSecret: string): void => {
      expect(headers['content-type']).toContain('application/json');
      expect(headers['x-api-key']).toBe(origin.app.apiKey);
      expect(headers['x-signature']).toBe(createHmac('sha256', origin.app.apiSecret).update(raw).digest('hex'));
      expect(headers['x-webhook-id']).toBe(headers['webhook-id']);
      expect(Math.abs(Number(headers['webhook-timestamp']) - nowSec())).toBeLessThan(60);
      expect(() => new Webhook(signingSecret).verify(raw, headers as Record<string, string>)).not.toThrow();
      for (const time of [body['created_at'], at(body, 'call.created_at'), at(body, 'call.updated_at')]) {
        expect(time).toMatch(RFC_3339);
      }
    };
  });
});
