import { hourOf } from '#timeline';
import { initObjectKey, type ObjectStore } from '#shared/object-store';
import { Metrics } from '#shared/observability';
import { ArchiveMetrics } from '../src/archive-metrics.ts';
import { archiveKey } from '../src/domain/archive-key.ts';
import { buildArchiveObject } from '../src/domain/archive-object.ts';
import { RetentionRules } from '../src/ports.ts';
import { RetentionSweeper } from '../src/retention-sweeper.ts';
import { ArchiveRig, silentLogger } from './support/archive-rig.ts';
import { FailingStore } from './support/failing-store.ts';
import { Source } from './support/source.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

class TwoDays extends RetentionRules {
  override retentionDays(): number {
    return 2;
  }
}

let rig: ArchiveRig;
beforeAll(async () => {
  rig = await ArchiveRig.open();
});
afterAll(() => rig.close());

const sweeperOf = (inputId: string, store: ObjectStore = rig.store): RetentionSweeper =>
  new RetentionSweeper({
    store,
    index: rig.newIndex(store),
    rules: new TwoDays(),
    metrics: new ArchiveMetrics(new Metrics('timeshift-test')),
    logger: silentLogger,
    graceMs: 600_000,
    isOurs: (id) => id === inputId,
  });

/** Segments of an input in the archive as one object, at a time of the test's choice. */
async function archive(source: Source, options: { fence?: number; isIndexed?: boolean } = {}): Promise<string> {
  const segments = (await source.send(2, [1])).map((sent) => ({ ...sent }));
  const fence = options.fence ?? 1;
  const { inputId } = source;
  const firstStartMs = segments[0]!.closed.startEpochMs;
  const key = archiveKey({ inputId, firstStartMs, fence, journalSequence: segments.at(-1)!.journalSequence });
  const { bytes, trailer } = buildArchiveObject(key, fence, segments);
  await rig.store.put(initObjectKey(inputId, source.initSha256), source.init);
  await rig.store.put(key, bytes);
  if (options.isIndexed !== false) await rig.newIndex().append(inputId, fence, trailer.rows);
  return key;
}

const mediaOf = async (inputId: string): Promise<string[]> =>
  (await rig.objects(`media/${inputId}/`)).map((object) => object.key);

describe('retention', () => {
  it('drops the hour first and the bytes only after the grace', async () => {
    const startEpochMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS + 50 * 60_000;
    const source = new Source(rig.bus, { startEpochMs });
    const { inputId } = source;
    const key = await archive(source);
    const sweeper = sweeperOf(inputId);
    const expiresAtMs = (hourOf(startEpochMs) + 1) * HOUR_MS + 2 * DAY_MS;

    await sweeper.sweep(expiresAtMs - 1);
    expect(await rig.newIndex().durableHours(inputId)).toEqual([hourOf(startEpochMs)]);
    await sweeper.sweep(expiresAtMs);
    expect(await rig.newIndex().durableHours(inputId)).toEqual([]);
    expect(await mediaOf(inputId)).toEqual([key]);
    await sweeper.sweep(startEpochMs + 2 * DAY_MS + 21 * 60_000 - 1000);
    expect(await mediaOf(inputId)).toEqual([key]);
    await sweeper.sweep(startEpochMs + 2 * DAY_MS + 21 * 60_000 + 1000);
    expect(await mediaOf(inputId)).toEqual([]);
  });

  it('keeps what is inside the retention', async () => {
    const source = new Source(rig.bus);
    const key = await archive(source);
    await sweeperOf(source.inputId).sweep(Date.now() + DAY_MS);
    expect(await mediaOf(source.inputId)).toEqual([key]);
    expect(await rig.store.get(initObjectKey(source.inputId, source.initSha256))).toBeDefined();
    expect(await rig.rows(source.inputId)).toHaveLength(2);
  });

  it('leaves the bytes alone while the index cannot be dropped', async () => {
    const source = new Source(rig.bus);
    const key = await archive(source);
    const store = new FailingStore(rig.store, () => false);
    store.remove = (keys) =>
      keys.some((name) => name.startsWith('index/'))
        ? Promise.reject(new Error('refused by the test'))
        : rig.store.remove(keys);
    await sweeperOf(source.inputId, store).sweep(Date.now() + 4 * DAY_MS);
    expect(await mediaOf(source.inputId)).toEqual([key]);
  });

  it('removes an unreferenced duplicate and an unused init segment once they are an hour old', async () => {
    const source = new Source(rig.bus);
    const { inputId } = source;
    const key = await archive(source);
    const segments = source.sent.map((sent) => ({ ...sent }));
    const duplicate = archiveKey({
      inputId,
      firstStartMs: segments[0]!.closed.startEpochMs,
      fence: 9,
      journalSequence: 1,
    });
    await rig.store.put(duplicate, buildArchiveObject(duplicate, 9, segments).bytes);
    await rig.store.put(initObjectKey(inputId, 'ab'.repeat(32)), Buffer.from('unused'));
    await sweeperOf(inputId).sweep(Date.now() + 50 * 60_000);
    expect(await mediaOf(inputId)).toHaveLength(2);
    await sweeperOf(inputId).sweep(Date.now() + 61 * 60_000);
    expect(await mediaOf(inputId)).toEqual([key]);
    const inits = (await rig.objects(`init/${inputId}/`)).map((object) => object.key);
    expect(inits).toEqual([initObjectKey(inputId, source.initSha256)]);
  });

  it('indexes an unreferenced object that holds what nothing else does', async () => {
    const source = new Source(rig.bus);
    const key = await archive(source, { isIndexed: false });
    await sweeperOf(source.inputId).sweep(Date.now() + 61 * 60_000);
    expect(await mediaOf(source.inputId)).toEqual([key]);
    expect((await rig.rows(source.inputId)).map((row) => row.objectKey)).toEqual([key, key]);
    expect(await rig.objects(`init/${source.inputId}/`)).toHaveLength(1);
  });

  it('leaves the inputs of other processes alone', async () => {
    const source = new Source(rig.bus);
    const key = await archive(source);
    await sweeperOf('li_somebodyelse').sweep(Date.now() + 10 * DAY_MS);
    expect(await mediaOf(source.inputId)).toEqual([key]);
  });
});
