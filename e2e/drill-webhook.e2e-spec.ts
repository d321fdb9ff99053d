import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '#shared/testing';
import { at, callClient, type CallClient } from './support/calls.ts';
import { encodeTracks, startFileEncoder, type FileEncoder } from './support/file-encoder.ts';
import { startOrigin, type Origin } from './support/origin.ts';

const CALL = '/video/call/livestream/drill';
const EVENTS = ['call.broadcasting_started', 'call.broadcasting_stopped'];

interface Held {
  readonly id: string;
  readonly type: string;
  readonly body: string;
  readonly response: ServerResponse;
}

/** A consumer that leaves requests unanswered until it is told to answer. */
async function holdWebhooks() {
  const held: Held[] = [];
  let isAnswering = false;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { type } = JSON.parse(body) as { type: string };
      held.push({ id: String(request.headers['webhook-id']), type, body, response });
      if (isAnswering) response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    of: (type: string) => held.filter((one) => one.type === type),
    /** From now on, and what is held now. */
    answer: (isOn: boolean) => {
      isAnswering = isOn;
      if (isOn) for (const { response } of held) if (!response.destroyed) response.writeHead(200).end();
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Two of broadcast; both die while a consumer holds the request of a delivery. */
describe('kill -9 of broadcast in the middle of a webhook delivery', () => {
  let origin: Origin;
  let hooks: Awaited<ReturnType<typeof holdWebhooks>>;
  let calls: CallClient;
  let encoder: FileEncoder;

  beforeAll(async () => {
    origin = await startOrigin({}, { replicas: { broadcast: 2 } });
    hooks = await holdWebhooks();
    calls = await callClient(origin);
    const hook = { enabled: true, hook_type: 'webhook', webhook_url: hooks.url, event_types: EVENTS };
    expect((await calls.patch('/app', { event_hooks: [hook] })).status).toBe(200);
    const created = await calls.post(CALL, { data: { created_by_id: 'e2e' } });
    const address = new URL(String(at(created.body, 'call.ingress.cmaf.address')));
    const points = [`${origin.ingest}${address.pathname}`];
    encoder = startFileEncoder(
      points,
      String(at(created.body, 'call.ingress.cmaf.stream_key')),
      await encodeTracks(120),
    );
  }, 90_000);
  afterAll(async () => {
    await encoder?.finish().catch(() => undefined);
    hooks?.close();
    await origin?.stop();
  }, 60_000);

  const killBothWhileHeld = async (type: string): Promise<void> => {
    await eventually(() => hooks.of(type).length > 0, { what: `a delivery of ${type}`, withinMs: 30_000 });
    await Promise.all([origin.kill9('broadcast', 0), origin.kill9('broadcast', 1)]);
    hooks.answer(true);
    await Promise.all([origin.start('broadcast', 0), origin.start('broadcast', 1)]);
    // The bus gives a delivery to another after 20 s without a word.
    await eventually(() => hooks.of(type).length > 1, { what: `${type} delivered again`, withinMs: 40_000 });
  };

  const expectOneEvent = (type: string): void => {
    const deliveries = hooks.of(type);
    expect(new Set(deliveries.map(({ id }) => id)).size).toBe(1);
    expect(new Set(deliveries.map(({ body }) => body)).size).toBe(1);
  };

  it('delivers the same started again under the same id', async () => {
    expect((await calls.post(`${CALL}/go_live`, { start_hls: true })).status).toBe(201);
    await killBothWhileHeld('call.broadcasting_started');
    expectOneEvent('call.broadcasting_started');
  }, 90_000);

  it('and one stopped after it, whose delivery is interrupted too', async () => {
    hooks.answer(false);
    expect((await calls.post(`${CALL}/stop_broadcasting`)).status).toBe(201);
    await killBothWhileHeld('call.broadcasting_stopped');
    for (const type of EVENTS) expectOneEvent(type);
  }, 90_000);
});
