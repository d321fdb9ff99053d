import { eventually } from '#shared/testing';
import { initObjectKey } from '#shared/object-store';
import { readTrailer } from '../src/archive-reader.ts';
import { ArchiveRig, HeardFacts } from './support/archive-rig.ts';
import { expectWholeArchive } from './support/expect-archived.ts';
import { Source } from './support/source.ts';

let rig: ArchiveRig;
beforeAll(async () => {
  rig = await ArchiveRig.open();
});
afterAll(() => rig.close());

describe('archiving', () => {
  it('keeps every chunk byte for byte, found by its row in the index', async () => {
    const source = new Source(rig.bus);
    await source.send(5);
    await rig.startArchiver({ partition: source.partition, fence: 7 });
    await eventually(async () => (await rig.rows(source.inputId)).length === source.sent.length);
    await expectWholeArchive(rig, source);
    const rows = await rig.rows(source.inputId);
    for (const { closed, bytes } of source.sent) {
      const row = rows.find((r) => r.trackId === closed.trackId && r.mediaSequence === closed.mediaSequence)!;
      expect((await rig.bytesOf(row)).equals(bytes)).toBe(true);
      expect(row).toMatchObject({
        startEpochMs: closed.startEpochMs,
        durationMs: closed.durationMs,
        initSha256: source.initSha256,
      });
    }
  });

  it('gathers the segments of all tracks into one object per interval and keeps the init segment', async () => {
    const source = new Source(rig.bus);
    await source.send(5, [1, 2, 3]);
    await rig.startArchiver({ partition: source.partition, fence: 7, flushIntervalMs: 1000 });
    await eventually(async () => (await rig.rows(source.inputId)).length === 15);
    const objects = await rig.objects(`media/${source.inputId}/`);
    expect(objects).toHaveLength(1);
    expect(await rig.store.get(initObjectKey(source.inputId, source.initSha256))).toEqual(source.init);
    const trailer = await readTrailer(rig.store, objects[0]!);
    expect(trailer).toMatchObject({
      inputId: source.inputId,
      fence: 7,
      journalFrom: source.sent[0]!.journalSequence,
      journalThrough: source.sent.at(-1)!.journalSequence,
    });
    expect(trailer.chains.map(({ chain }) => chain)).toEqual(source.sent.map(({ closed }) => closed.chain));
  });

  it('keeps a gap as a row of no bytes in its place, and does not call it lost', async () => {
    const source = new Source(rig.bus);
    const facts = new HeardFacts();
    await source.send(2, [1]);
    const { closed } = await source.sendGap(1);
    await source.send(1, [1]);
    await rig.startArchiver({ partition: source.partition, fence: 1, facts });
    const rows = await eventually(async () => {
      const found = await rig.rows(source.inputId);
      return found.length === 4 && found;
    });
    expect(rows.map((row) => row.mediaSequence)).toEqual([0, 1, 2, 3]);
    const { startEpochMs, durationMs, sha256 } = closed;
    expect(rows[2]).toMatchObject({ sizeBytes: 0, startEpochMs, durationMs, sha256 });
    expect(facts.losses).toEqual([]);
  });

  it('tells what is durable only after the index has it', async () => {
    const source = new Source(rig.bus);
    const facts = new HeardFacts();
    const indexedWhenTold: number[] = [];
    facts.archived = async () => {
      indexedWhenTold.push((await rig.rows(source.inputId)).length);
    };
    await source.send(3);
    await rig.startArchiver({ partition: source.partition, fence: 1, facts });
    await eventually(() => indexedWhenTold.length >= 2);
    expect(indexedWhenTold.every((count) => count === 6)).toBe(true);
  });

  it('archives what it holds when it is stopped, without waiting for the interval', async () => {
    const source = new Source(rig.bus);
    const archiver = await rig.startArchiver({ partition: source.partition, fence: 1, flushIntervalMs: 3_600_000 });
    await source.send(2);
    await eventually(() => archiver.lagMs() > 0);
    await archiver.stop();
    const rows = await rig.rows(source.inputId);
    expect(rows.length).toBeGreaterThan(0);
    await rig.startArchiver({ partition: source.partition, fence: 2 });
    await eventually(async () => (await rig.rows(source.inputId)).length === 4);
    await expectWholeArchive(rig, source);
  });

  it('goes on past a record that cannot be read', async () => {
    const source = new Source(rig.bus);
    await source.send(1);
    await rig.bus.jetstream.publish(`journal.v1.${source.partition}.${source.inputId}.1.segment_closed`, 'not json');
    await source.send(1);
    await rig.startArchiver({ partition: source.partition, fence: 1 });
    await eventually(async () => (await rig.rows(source.inputId)).length === 4);
    await expectWholeArchive(rig, source);
  });
});
