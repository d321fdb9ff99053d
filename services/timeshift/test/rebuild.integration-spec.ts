import { eventually } from '#shared/testing';
import { rebuildIndex } from '../src/index-rebuild.ts';
import { ArchiveRig } from './support/archive-rig.ts';
import { expectWholeArchive } from './support/expect-archived.ts';
import { FailingStore } from './support/failing-store.ts';
import { Source } from './support/source.ts';

let rig: ArchiveRig;
beforeAll(async () => {
  rig = await ArchiveRig.open();
});
afterAll(() => rig.close());

describe('rebuilding the index', () => {
  it('gives the lost index back from the bucket alone', async () => {
    const source = new Source(rig.bus);
    const { inputId, partition } = source;
    await source.send(2, [1, 2, 3]);
    const store = new FailingStore(rig.store, (key) => key.startsWith('index/'));
    const dying = await rig.startArchiver({ partition, fence: 1, store });
    await eventually(() => store.failedPuts > 0);
    await dying.stop();
    await rig.startArchiver({ partition, fence: 2 });
    await eventually(async () => (await rig.rows(inputId)).length === 6);
    await source.send(3, [1, 2, 3]);
    await eventually(async () => (await rig.rows(inputId)).length === 15);
    const before = await rig.rows(inputId);

    await rig.store.remove((await rig.objects(`index/${inputId}/`)).map((object) => object.key));
    await rig.redis.flushall();
    expect(await rig.rows(inputId)).toEqual([]);
    const progress: number[] = [];
    const broken = `media/${inputId}/2020/01/01/00/1577836800000-1-1.hwar`;
    await rig.store.put(broken, Buffer.from('not an archive object'));
    const unreadable: string[] = [];
    await rebuildIndex(
      {
        store: rig.store,
        index: rig.newIndex(),
        onProgress: ({ rows }) => progress.push(rows),
        onUnreadable: (key) => unreadable.push(key),
      },
      inputId,
    );
    expect(await rig.rows(inputId)).toEqual(before);
    await expectWholeArchive(rig, source);
    expect(progress.at(-1)).toBe(15);
    expect(unreadable).toEqual([broken]);
  });

  it('does not disturb a writer at work', async () => {
    const source = new Source(rig.bus);
    const { inputId, partition } = source;
    await rig.startArchiver({ partition, fence: 5 });
    await source.send(2);
    await eventually(async () => (await rig.rows(inputId)).length === 4);
    await Promise.all([
      source.send(3),
      rebuildIndex(
        { store: rig.store, index: rig.newIndex(), onProgress: () => undefined, onUnreadable: () => undefined },
        inputId,
      ),
    ]);
    await eventually(async () => (await rig.rows(inputId)).length === 10);
    await expectWholeArchive(rig, source);
  });
});
