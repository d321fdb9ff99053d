import { applyWindowFact, type LiveWindowWriter } from '#shared/live-window';
import { eventually } from '#shared/testing';
import { PackagerRig } from './support/packager-rig.ts';
import type { TestInput } from './support/test-input.ts';
import { verifyJournal } from './support/verify-journal.ts';

let rig: PackagerRig;
let input: TestInput;

beforeAll(async () => {
  rig = await PackagerRig.open();
});

beforeEach(async () => {
  input = await rig.newInput();
});

afterEach(() => rig.stopPackagers());

afterAll(() => rig.close());

const recordCount = (count: number): Promise<unknown> =>
  eventually(async () => (await input.records()).length >= count, { what: `${count} journal records` });

/** Every chunk sent is in the window, in order, and the window is that of the journal. */
async function windowHoldsEverything(): Promise<void> {
  await eventually(async () => (await input.windowBytes()).equals(input.sentBytes()), {
    what: 'every chunk in the window',
  });
  const [window, records] = [await input.trackWindow(), await input.records()];
  verifyJournal(records);
  expect(window?.segments.map((segment) => [segment.mediaSequence, segment.sha256])).toEqual(
    records.map((record) => [record.mediaSequence, record.sha256]),
  );
}

describe('a packager that comes after another', () => {
  it('goes on with the media sequence, the chain and the window after a restart', async () => {
    const first = await rig.startPartition(input.partition, 1);
    await input.video(0, 11);
    await recordCount(2);
    await first.stop();
    await input.video(11, 15);
    await rig.startPartition(input.partition, 2);
    await input.video(15, 21);
    await recordCount(5);
    await windowHoldsEverything();
    expect((await input.trackWindow())?.fence).toBe(2);
  }, 20_000);

  it('continues the open segment that the other left, part by part', async () => {
    const first = await rig.startPartition(input.partition, 1);
    await input.video(0, 7);
    await eventually(async () => (await input.trackWindow())?.open?.parts.length === 3);
    await first.stop();
    await rig.startPartition(input.partition, 2);
    await eventually(async () => (await input.trackWindow())?.fence === 2);
    await input.video(7, 9);
    await recordCount(2);
    await windowHoldsEverything();
    expect((await input.records())[1]?.chunks).toHaveLength(4);
  }, 20_000);

  it('completes a window that the other could not write after its last journal record', async () => {
    const first = await rig.startPartition(input.partition, 1);
    await input.video(0, 13);
    await recordCount(3);
    await input.end();
    const window = await eventually(async () => {
      const written = await input.trackWindow();
      return written?.segments.length === 4 && written;
    });
    await first.stop();
    // What Redis holds when the other dies between the journal and the window.
    await rig.window.replace({ ...window, segments: window.segments.slice(0, 2), open: null });
    await rig.startPartition(input.partition, 2);
    await windowHoldsEverything();
  }, 20_000);

  it('takes over from one that was killed, within the lease, and loses nothing', async () => {
    input = await rig.newLeasedInput();
    const first = await rig.startService(1000);
    await input.video(0, 7);
    await recordCount(1);
    await first.kill();
    await input.video(7, 11);
    const killedAtMs = performance.now();
    await rig.startService(1000);
    await recordCount(2);
    expect(performance.now() - killedAtMs).toBeLessThan(4000);
    await input.video(11, 17);
    await recordCount(4);
    await windowHoldsEverything();
  }, 20_000);

  it('shares the partitions with another, and every input goes on', async () => {
    const inputs = await Promise.all(Array.from({ length: 6 }, () => rig.newLeasedInput()));
    await rig.startService(1000);
    await Promise.all(inputs.map((one) => one.video(0, 5)));
    await rig.startService(1000);
    await eventually(async () => {
      const fences = new Set<number>();
      for (const one of inputs) fences.add((await one.trackWindow())?.fence ?? 0);
      return fences.size > 1;
    });
    for (let index = 5; index < 17; index += 1) await Promise.all(inputs.map((one) => one.video(index, index + 1)));
    for (const one of inputs) {
      await eventually(async () => (await one.records()).length === 4);
      verifyJournal(await one.records());
    }
  }, 20_000);
});

describe('two packagers that both believe they hold a partition', () => {
  it('write one journal without a hole or a repeat, and one window', async () => {
    await rig.startPartition(input.partition, 1);
    await input.video(0, 6);
    await rig.startPartition(input.partition, 2);
    for (let index = 6; index < 33; index += 1) await input.video(index, index + 1);
    await recordCount(8);
    const records = await input.records();
    verifyJournal(records);
    expect(records.map((record) => record.durationMs)).toEqual(Array.from({ length: 8 }, () => 2000));
    await windowHoldsEverything();
    expect((await input.trackWindow())?.fence).toBe(2);
  }, 20_000);

  it('leave the older one no way to write the window', async () => {
    const facts = await input.facts();
    await rig.startPartition(input.partition, 2);
    await input.video(0, 5);
    const before = await eventually(async () => {
      const written = await input.trackWindow();
      return written?.segments.length === 1 && written.open !== null && written;
    });
    const stale = { ...before, fence: 1, revision: before.revision + 1 };
    const writer: LiveWindowWriter = rig.window;
    const { segments: _segments, ...head } = stale;
    expect(await writer.takeFence(input.inputId, 1)).toBe(false);
    expect(await writer.replace(stale)).toBe('fenced_out');
    expect(await writer.appendPart(head, { mediaSequence: 9, partIndex: 0, bytes: Buffer.from('stale') })).toBe(
      'fenced_out',
    );
    expect(await input.trackWindow()).toEqual(before);
    expect(applyWindowFact(before, { ...facts.at(-1)!, fence: 1 })).toBe(before);
  }, 20_000);
});
