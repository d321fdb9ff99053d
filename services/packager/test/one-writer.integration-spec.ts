import { backendsFromEnvironment, eventually, TcpGate } from '#shared/testing';
import { PackagerRig } from './support/packager-rig.ts';
import type { TestInput } from './support/test-input.ts';
import { verifyJournal } from './support/verify-journal.ts';

let rig: PackagerRig;
let input: TestInput;
let redisGate: TcpGate;
let natsGate: TcpGate;

beforeAll(async () => {
  rig = await PackagerRig.open();
});

beforeEach(async () => {
  input = await rig.newInput();
  redisGate = await TcpGate.to(backendsFromEnvironment().REDIS_URL);
  natsGate = await TcpGate.to(backendsFromEnvironment().NATS_URL);
});

afterEach(async () => {
  redisGate.open();
  natsGate.open();
  await rig.stopPackagers();
  redisGate.close();
  natsGate.close();
});

afterAll(() => rig.close());

const recordCount = (count: number): Promise<unknown> =>
  eventually(async () => (await input.records()).length >= count, {
    what: `${count} journal records`,
    withinMs: 25_000,
  });

/** Journal, window and bytes are one stream: every chunk sent, in order, once. */
async function isOneStream(fence: number): Promise<void> {
  await eventually(async () => (await input.windowBytes()).equals(input.sentBytes()), {
    what: 'every chunk in the window',
  });
  const [window, records] = [await input.trackWindow(), await input.records()];
  verifyJournal(records);
  expect(window?.fence).toBe(fence);
  expect(window?.segments.map(({ mediaSequence, sha256, chain }) => ({ mediaSequence, sha256, chain }))).toEqual(
    records.map(({ mediaSequence, sha256, chain }) => ({ mediaSequence, sha256, chain })),
  );
}

describe('a packager that was stopped with writes on their way, and goes on after another took its place', () => {
  it('writes nothing: its records and its window are refused', async () => {
    let isHeld = true;
    const ways = { redisUrl: redisGate.url, natsUrl: natsGate.url, isHeld: () => isHeld };
    await rig.startPartition(input.partition, 1, ways);
    await input.video(0, 6);
    await recordCount(1);
    await eventually(async () => (await input.trackWindow())?.open?.parts.length === 2);
    // The records and parts of this media are on their way from here on, until the gates open.
    redisGate.silence();
    await input.video(6, 8);
    natsGate.silence();
    await input.video(8, 14);
    isHeld = false;
    await rig.startPartition(input.partition, 2);
    await recordCount(3);
    redisGate.open();
    natsGate.open();
    await input.video(14, 25);
    await recordCount(6);
    await isOneStream(2);
    expect((await input.records()).slice(1).every((record) => record.fence === 2)).toBe(true);
  }, 60_000);

  it('loses nothing when Redis loses everything between the two', async () => {
    const first = await rig.startPartition(input.partition, 1, { redisUrl: redisGate.url });
    await input.video(0, 7);
    await recordCount(1);
    redisGate.silence();
    await input.video(7, 11);
    await recordCount(2);
    await rig.redis.flushall();
    await rig.startPartition(input.partition, 2);
    redisGate.open();
    await input.video(11, 21);
    await recordCount(5);
    await first.stop();
    await isOneStream(2);
  }, 60_000);
});

describe('a packager that loses the bus', () => {
  it.each([
    ['by a reset', (gate: TcpGate) => gate.shut()],
    ['by silence', (gate: TcpGate) => gate.silence()],
  ])(
    '%s goes on where it was when it is back, with the same numbers, bytes and chain',
    async (_how, cut) => {
      await rig.startPartition(input.partition, 1, { natsUrl: natsGate.url });
      await input.video(0, 7);
      await recordCount(1);
      cut(natsGate);
      await input.video(7, 19);
      natsGate.open();
      await input.video(19, 25);
      await recordCount(6);
      await isOneStream(1);
    },
    60_000,
  );
});
