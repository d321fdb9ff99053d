import type { SegmentClosed, TrackWindow } from '#shared/contracts';
import { applyWindowFact } from '#shared/live-window';
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

const segmentsOf = (count: number): Promise<TrackWindow> =>
  eventually(
    async () => {
      const window = await input.trackWindow();
      return window !== undefined && window.segments.length >= count && window;
    },
    { what: `${count} segments in the window` },
  );

const gapsOf = (window: TrackWindow): number[] =>
  window.segments.filter((segment) => segment.gap).map((segment) => segment.mediaSequence);

/** 4 s of video, 6 s that never come, 4.5 s of video. */
async function videoWithLoss(): Promise<void> {
  await input.video(0, 8);
  await input.video(20, 29);
}

describe('media that a track lost', () => {
  it('is a gap in journal, window and facts, from which a mirror keeps the same window', async () => {
    const facts = await input.facts();
    await rig.startPartition(input.partition, 1);
    await input.video(0, 8);
    let mirror = await segmentsOf(1);
    facts.splice(0);
    await input.video(20, 29);
    const window = await segmentsOf(7);
    expect(gapsOf(window)).toEqual([2, 3, 4]);
    const records = await input.records();
    verifyJournal(records);
    expect(records.map((record) => record.gap ?? false)).toEqual([false, false, true, true, true, false, false]);
    expect(window.segments.map((segment) => segment.chain)).toEqual(records.map((record) => record.chain));
    await eventually(() => facts.some((fact) => fact.revision >= window.revision));
    for (const fact of facts) mirror = applyWindowFact(mirror, fact) ?? mirror;
    expect(mirror.segments).toEqual(window.segments);
  }, 20_000);

  it('is put back into a window that Redis lost', async () => {
    await rig.startPartition(input.partition, 1);
    await videoWithLoss();
    const before = await segmentsOf(7);
    await rig.redis.flushall();
    await input.video(29, 30);
    const after = await segmentsOf(7);
    expect(after.segments).toEqual(before.segments);
    await eventually(async () => (await input.windowBytes()).equals(input.sentBytes()));
  }, 20_000);

  it.each([1, 2, 3])(
    'is the same when another goes on after %i of its gap segments',
    async (count) => {
      const first = await rig.startPartition(input.partition, 1);
      await videoWithLoss();
      await segmentsOf(7);
      const whole = await input.records();
      await first.stop();
      // What a packager leaves that dies between two records.
      await input.forgetRecords(2 + count);
      await rig.redis.flushall();
      await rig.startPartition(input.partition, 2);
      await eventually(async () => (await input.records()).length === whole.length);
      expect((await input.records()).map(comparable)).toEqual(whole.map(comparable));
      expect(gapsOf(await segmentsOf(7))).toEqual([2, 3, 4]);
    },
    20_000,
  );
});

/** A record apart from who wrote it and when. */
const comparable = ({ fence: _fence, closedAtMs: _at, resumeSequence: _from, ...record }: SegmentClosed): object =>
  record;
