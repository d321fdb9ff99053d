import { backendsFromEnvironment, eventually, TcpGate } from '#shared/testing';
import { PackagerRig } from './support/packager-rig.ts';
import type { TestInput } from './support/test-input.ts';
import { verifyJournal } from './support/verify-journal.ts';

let rig: PackagerRig;
let input: TestInput;
let gate: TcpGate;

beforeAll(async () => {
  rig = await PackagerRig.open();
});

beforeEach(async () => {
  input = await rig.newInput();
  gate = await TcpGate.to(backendsFromEnvironment().REDIS_URL);
});

afterEach(async () => {
  gate.open();
  await rig.stopPackagers();
  gate.close();
});

afterAll(() => rig.close());

const everythingInWindow = (): Promise<unknown> =>
  eventually(async () => (await input.windowBytes()).equals(input.sentBytes()), { what: 'every chunk in the window' });

const recordCount = (count: number): Promise<unknown> =>
  eventually(async () => (await input.records()).length >= count, { what: `${count} journal records` });

describe('a window that Redis loses', () => {
  it('is whole again after FLUSHALL with the next part, and mirrors are told', async () => {
    const facts = await input.facts();
    await rig.startPartition(input.partition, 1);
    await input.video(0, 14);
    await everythingInWindow();
    const { revision = 0 } = (await input.trackWindow()) ?? {};
    facts.splice(0);
    await rig.redis.flushall();
    expect(await input.trackWindow()).toBeUndefined();
    await input.video(14, 15);
    await everythingInWindow();
    const window = await input.trackWindow();
    expect(window?.segments.map((segment) => segment.mediaSequence)).toEqual([0, 1, 2]);
    expect(window?.revision).toBeGreaterThan(revision);
    await eventually(() => facts.some((fact) => fact.change.kind === 'reset' && fact.revision <= window!.revision));
    await input.video(15, 21);
    await everythingInWindow();
    verifyJournal(await input.records());
  }, 20_000);

  it('is whole again after FLUSHALL while the packager was down', async () => {
    const first = await rig.startPartition(input.partition, 1);
    await input.video(0, 14);
    await recordCount(3);
    await first.stop();
    await rig.redis.flushall();
    await rig.startPartition(input.partition, 2);
    await everythingInWindow();
    expect((await input.trackWindow())?.track.codec).toMatch(/^avc1/);
  }, 20_000);

  it('begins where the bytes are still known, without a hole', async () => {
    await rig.startPartition(input.partition, 1);
    await input.video(0, 14);
    await everythingInWindow();
    const lost = (await input.records())[1]?.chunks[0]?.streamSequence ?? 0;
    await rig.bus.manager.streams.deleteMessage('MEDIA', lost);
    await rig.redis.flushall();
    await input.video(14, 15);
    const window = await eventually(async () => input.trackWindow());
    expect(window.segments.map((segment) => segment.mediaSequence)).toEqual([2]);
  }, 20_000);
});

describe('a packager without Redis', () => {
  it('goes on writing the journal and announcing, and mends the window when Redis is back', async () => {
    const facts = await input.facts();
    await rig.startPartition(input.partition, 1, { redisUrl: gate.url });
    await input.video(0, 5);
    await everythingInWindow();
    gate.shut();
    await input.video(5, 13);
    await recordCount(3);
    await eventually(() => facts.filter((fact) => fact.change.kind === 'segment_closed').length === 3);
    expect((await input.trackWindow())?.segments).toHaveLength(1);
    gate.open();
    await everythingInWindow();
    verifyJournal(await input.records());
  }, 20_000);

  it('starts without it, and gives the window all there is once Redis comes', async () => {
    const first = await rig.startPartition(input.partition, 1);
    await input.video(0, 7);
    await recordCount(1);
    await first.stop();
    gate.shut();
    await rig.startPartition(input.partition, 2, { redisUrl: gate.url });
    await input.video(7, 17);
    await recordCount(4);
    gate.open();
    await everythingInWindow();
    expect((await input.trackWindow())?.segments.map((segment) => segment.mediaSequence)).toEqual([0, 1, 2, 3]);
  }, 20_000);
});
