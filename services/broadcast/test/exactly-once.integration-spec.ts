import {
  broadcastsBucket,
  callEventSubject,
  callsBucket,
  CallCommit,
  DeliveryDue,
  deliveriesBucket,
  deliverySubject,
  EVENTS_STREAM,
  liveInputsBucket,
} from '#shared/contracts';
import { connectBus, publishFact, type Bus } from '#shared/messaging';
import { backendsFromEnvironment, eventually } from '#shared/testing';
import { NatsCallLog } from '../src/adapters/nats-call-log.ts';
import { newDelivery } from '../src/domain/delivery-policy.ts';
import { callKeyOf, destinationIdOf } from '../src/domain/call-key.ts';
import { nextCommit } from '../src/domain/call-commit.ts';
import type { RunningBroadcast } from '../src/start-broadcast.ts';
import { CallClient, closeSegment, Consumer, newTenant, signToken, startService } from './harness.ts';

const tenant = newTenant();
let nodes: RunningBroadcast[];
let bus: Bus;
let server: CallClient;
let sut: Consumer;
let nextId = 0;
const newId = (): string => `x${Date.now()}-${(nextId += 1)}`;
const keyOf = (id: string): string => callKeyOf({ appKey: tenant.appKey, type: 'livestream', id });

beforeAll(async () => {
  nodes = [await startService(tenant), await startService(tenant)];
  server = new CallClient(() => nodes[0]!.httpPort, tenant, await signToken({ server: true }, tenant.appSecret));
  bus = await connectBus('test', {
    NATS_URL: backendsFromEnvironment().NATS_URL,
    BUS_REPLICAS: 1,
    MEDIA_MAX_AGE_SEC: 900,
    MEDIA_MAX_BYTES: 100_000_000,
  });
  sut = new Consumer();
  const event_hooks = [{ id: 'all', webhook_url: await sut.start() }];
  expect((await server.request('PATCH', '/api/v2/app', { event_hooks })).status).toBe(200);
});

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await bus.close();
  await sut.stop();
});

const commitsOf = async (id: string): Promise<CallCommit[]> => {
  const subject = callEventSubject.format({ callKey: keyOf(id) });
  const info = await bus.manager.streams.info(EVENTS_STREAM, { subjects_filter: subject });
  const commits: CallCommit[] = [];
  for (let seq = 1; commits.length < (info.state.subjects?.[subject] ?? 0);) {
    const message = await bus.manager.direct.getMessage(EVENTS_STREAM, { seq, next_by_subj: subject });
    if (message === null) throw new Error('expected a commit');
    commits.push(CallCommit.parse(message.json()));
    seq = message.seq + 1;
  }
  return commits;
};

describe('exactly once', () => {
  it('starts and stops a broadcast by one fact each while two nodes judge its media', async () => {
    const id = newId();
    const cid = `livestream:${id}`;
    await server.call('POST', cid);
    await server.call('POST', cid, 'start_broadcasting');
    const inputId = (await (await bus.table(callsBucket)).get(keyOf(id)))?.value.inputId ?? '';
    await closeSegment(bus, inputId, { mediaSequence: 0, startEpochMs: Date.now() + 5 });
    await eventually(() => sut.types(cid).includes('call.broadcasting_stopped'), { withinMs: 10_000 });
    const facts = (await commitsOf(id)).flatMap((commit) => commit.events.map((event) => event.fact));
    expect(facts).toEqual(['call_created', 'broadcast_armed', 'broadcast_started', 'broadcast_stopped']);
    expect(sut.types(cid)).toEqual([
      'call.created',
      'call.updated',
      'call.broadcasting_started',
      'call.broadcasting_stopped',
    ]);
  });

  it('brings rows and webhooks after a fact whose writer died right behind the publish', async () => {
    const id = newId();
    const cid = `livestream:${id}`;
    await server.call('POST', cid);
    const log = await NatsCallLog.open(bus);
    const loaded = await log.load(keyOf(id));
    if (loaded === undefined) throw new Error('expected the call');
    const broadcastId = `bc_orphan${nextId}${Date.now()}`;
    const atMs = Date.now();
    const armed = nextCommit('orphan', loaded.state, [{ fact: 'broadcast_armed', atMs, broadcastId }]);
    expect(await log.append(armed, loaded.sequence)).toBe(true);
    // A writer that lost the answer asks again: the same commit counts as written, another one as late.
    expect(await log.append(armed, loaded.sequence)).toBe(true);
    expect(await log.append({ ...armed, commitId: 'late' }, loaded.sequence)).toBe(false);
    await eventually(
      async () => (await (await bus.table(broadcastsBucket)).get(broadcastId))?.value.state === 'starting',
    );
    await eventually(() => sut.types(cid).includes('call.broadcasting_failed'), { withinMs: 10_000 });
    expect((await commitsOf(id)).flatMap((commit) => commit.events.map(({ fact }) => fact))).toEqual([
      'call_created',
      'broadcast_armed',
      'broadcast_failed',
    ]);
  });

  it('makes the live input of a call whose maker died before it could', async () => {
    const id = newId();
    await server.call('POST', `livestream:${id}`);
    const [first] = await commitsOf(id);
    const inputs = await bus.table(liveInputsBucket);
    const inputId = first?.state.inputId ?? '';
    await eventually(async () => (await inputs.get(inputId)) !== undefined);
    await inputs.delete(inputId);
    await publishFact(bus, callEventSubject.format({ callKey: keyOf(id) }), CallCommit.encode(first!));
    await eventually(async () => (await inputs.get(inputId)) !== undefined);
  });

  it('does not send again what was answered but not yet taken off the outbox', async () => {
    const destinationId = destinationIdOf(tenant.appKey, 'all');
    const deliveries = await bus.table(deliveriesBucket);
    const due = (eventId: string): DeliveryDue => ({
      eventId,
      eventType: 'call.updated',
      appKey: tenant.appKey,
      hookId: 'all',
      sequence: 1,
      createdAtMs: Date.now(),
      body: JSON.stringify({ eventId }),
    });
    const [answered, open] = [due(newId()), due(newId())];
    const row = newDelivery(answered, Date.now());
    await deliveries.put(`${destinationId}.${answered.eventId}`, { ...row, outcome: 'delivered', attempts: 1 });
    const subject = deliverySubject.format({ destinationId, callKey: newId() });
    for (const item of [answered, open]) await publishFact(bus, subject, DeliveryDue.encode(item));
    await eventually(() => sut.received.some(({ json }) => json.eventId === open.eventId));
    expect(sut.received.some(({ json }) => json.eventId === answered.eventId)).toBe(false);
  });

  it('goes on when an unreadable fact or delivery is in the way', async () => {
    const id = newId();
    await publishFact(bus, callEventSubject.format({ callKey: newId() }), { not: 'a commit' });
    const destinationId = destinationIdOf(tenant.appKey, 'all');
    await publishFact(bus, deliverySubject.format({ destinationId, callKey: keyOf(id) }), { not: 'a delivery' });
    await server.call('POST', `livestream:${id}`);
    await eventually(() => sut.types(`livestream:${id}`).includes('call.created'));
  });
});
