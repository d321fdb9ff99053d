import { eventually } from '#shared/testing';
import { readTrailer } from '../src/archive-reader.ts';
import { Journal, type JournalFeed } from '../src/ports.ts';
import { ArchiveRig, HeardFacts } from './support/archive-rig.ts';
import { expectWholeArchive } from './support/expect-archived.ts';
import { FailingStore } from './support/failing-store.ts';
import { Source } from './support/source.ts';

let rig: ArchiveRig;
beforeAll(async () => {
  rig = await ArchiveRig.open();
});
afterAll(() => rig.close());

/** A journal whose checkpoints never arrive. */
class WithoutCheckpoints extends Journal {
  override resumeAfter(partition: number): Promise<number> {
    return rig.journal.resumeAfter(partition);
  }

  override read(partition: number, afterSequence: number): Promise<JournalFeed> {
    return rig.journal.read(partition, afterSequence);
  }

  override async saveCheckpoint(): Promise<void> {
    throw new Error('refused by the test');
  }
}

describe('takeover', () => {
  it('archives everything once when the one before died between object and index', async () => {
    const source = new Source(rig.bus);
    await source.send(3);
    const store = new FailingStore(rig.store, (key) => key.startsWith('index/'));
    const dying = await rig.startArchiver({ partition: source.partition, fence: 1, store });
    await eventually(() => store.failedPuts > 0);
    expect(await rig.objects(`media/${source.inputId}/`)).toHaveLength(1);
    expect(await rig.rows(source.inputId)).toEqual([]);
    await rig.startArchiver({ partition: source.partition, fence: 2 });
    await eventually(async () => (await rig.rows(source.inputId)).length === 6);
    await expectWholeArchive(rig, source);
    const objectKeys = new Set((await rig.rows(source.inputId)).map((row) => row.objectKey));
    expect([...objectKeys].every((key) => key.includes('-2-'))).toBe(true);
    await dying.stop();
  });

  it('archives nothing twice when the one before died between index and checkpoint, and says again what is durable', async () => {
    const source = new Source(rig.bus);
    await source.send(3);
    const { partition } = source;
    const journal = new WithoutCheckpoints();
    const first = await rig.startArchiver({ partition, fence: 1, journal });
    await eventually(async () => (await rig.rows(source.inputId)).length === 6);
    await first.stop();
    const facts = new HeardFacts();
    await rig.startArchiver({ partition, fence: 2, facts });
    await source.send(1);
    await eventually(async () => (await rig.rows(source.inputId)).length === 8);
    await expectWholeArchive(rig, source);
    expect(facts.through.get(`${source.inputId}/1`)).toBe(3);
    const objects = await rig.objects(`media/${source.inputId}/`);
    const trailers = await Promise.all(objects.map((object) => readTrailer(rig.store, object)));
    expect(trailers.map(({ fence, rows }) => [fence, rows.length])).toEqual(
      expect.arrayContaining([
        [1, 6],
        [2, 2],
      ]),
    );
    expect(trailers).toHaveLength(2);
  });

  it('begins after the checkpoint', async () => {
    const source = new Source(rig.bus);
    await source.send(2);
    const { partition } = source;
    const first = await rig.startArchiver({ partition, fence: 1 });
    const last = source.sent.at(-1)!.journalSequence;
    await eventually(async () => (await rig.journal.resumeAfter(partition)) === last);
    await first.stop();
  });

  it('loses nothing when two believe that they hold the partition', async () => {
    const source = new Source(rig.bus);
    const { partition } = source;
    await rig.startArchiver({ partition, fence: 1 });
    await rig.startArchiver({ partition, fence: 2 });
    for (let round = 0; round < 4; round += 1) {
      const before = source.sent.length;
      await source.send(2);
      await eventually(async () => (await rig.rows(source.inputId)).length > before);
    }
    await eventually(async () => (await rig.rows(source.inputId)).length === source.sent.length);
    await expectWholeArchive(rig, source);
  });

  it('keeps the checkpoint behind an input that is not durable yet', async () => {
    const quick = new Source(rig.bus);
    const stuck = new Source(rig.bus, { partition: quick.partition });
    await quick.send(1);
    await stuck.send(1);
    await quick.send(1);
    const store = new FailingStore(rig.store, (key) => key.startsWith(`media/${stuck.inputId}/`));
    const archiver = await rig.startArchiver({ partition: quick.partition, fence: 1, store });
    const beforeStuck = stuck.sent[0]!.journalSequence - 1;
    await eventually(async () => (await rig.journal.resumeAfter(quick.partition)) === beforeStuck);
    expect(await rig.rows(quick.inputId)).toHaveLength(4);
    await archiver.stop();
    await rig.startArchiver({ partition: quick.partition, fence: 2 });
    await eventually(async () => (await rig.rows(stuck.inputId)).length === 2);
    await expectWholeArchive(rig, quick);
    await expectWholeArchive(rig, stuck);
  });
});
