import { MEDIA_STREAM, InputEvent, inputEventSubject } from '#shared/contracts';
import { readStream } from '#shared/messaging';
import { MinioObjectStore } from '#shared/object-store';
import { eventually } from '#shared/testing';
import { ClientProxyFactory } from '@nestjs/microservices';
import { natsTransport } from '#shared/messaging';
import { NatsArchiveFacts } from '../src/adapters/nats-archive-facts.ts';
import { ArchiveRig, HeardFacts, backends, busOptions } from './support/archive-rig.ts';
import { expectWholeArchive } from './support/expect-archived.ts';
import { Source, type SentSegment } from './support/source.ts';
import { StoppableProxy } from './support/stoppable-proxy.ts';

let rig: ArchiveRig;
beforeAll(async () => {
  rig = await ArchiveRig.open();
});
afterAll(() => rig.close());

/** As the age limit of MEDIA does. */
async function dropMedia(segments: readonly SentSegment[]): Promise<void> {
  for (const { closed } of segments)
    for (const chunk of closed.chunks) await rig.bus.manager.streams.deleteMessage(MEDIA_STREAM, chunk.streamSequence);
}

describe('outages', () => {
  it('catches up after the store was away', async () => {
    const source = new Source(rig.bus);
    const proxy = await StoppableProxy.inFrontOf(backends.S3_ENDPOINT);
    const store = new MinioObjectStore({ ...backends, S3_ENDPOINT: proxy.url, requestDeadlineMs: 2000, attempts: 1 });
    await source.send(2);
    await rig.startArchiver({ partition: source.partition, fence: 1, store });
    await eventually(async () => (await rig.rows(source.inputId)).length === 4);
    proxy.cut();
    await source.send(5);
    await expect(store.get('anything')).rejects.toThrow(/get anything/);
    expect(await rig.rows(source.inputId)).toHaveLength(4);
    proxy.restore();
    await eventually(async () => (await rig.rows(source.inputId)).length === 14, { withinMs: 20_000 });
    await expectWholeArchive(rig, source);
    proxy.close();
  });

  it('writes a gap and tells the loss when the bus has dropped the media, and goes on', async () => {
    const source = new Source(rig.bus);
    await source.send(2, [1]);
    await dropMedia(await source.send(2, [1]));
    await source.send(1, [1]);
    const facts = new HeardFacts();
    await rig.startArchiver({ partition: source.partition, fence: 1, facts });
    await eventually(() => facts.through.get(`${source.inputId}/1`) === 4);
    expect(facts.losses).toEqual([
      {
        inputId: source.inputId,
        trackId: 1,
        fromMediaSequence: 2,
        toMediaSequence: 3,
        detail: 'the bus does not hold the bytes of the journal any more',
      },
    ]);
    const rows = await rig.rows(source.inputId);
    expect(rows.map((row) => [row.mediaSequence, row.sizeBytes > 0])).toEqual([
      [0, true],
      [1, true],
      [2, false],
      [3, false],
      [4, true],
    ]);
  });

  it('counts bytes that are not those of the journal as lost', async () => {
    const source = new Source(rig.bus);
    const [segment] = await source.send(1, [1]);
    const facts = new HeardFacts();
    const other = new Source(rig.bus);
    const [stranger] = await other.send(1, [1]);
    const chunks = segment!.closed.chunks.map((chunk, index) => ({
      ...chunk,
      streamSequence: stranger!.closed.chunks[index]!.streamSequence,
    }));
    const partition = other.partition + 1;
    await source.resend({ ...segment!.closed, partition, chunks });
    await rig.startArchiver({ partition, fence: 1, facts });
    await eventually(() => facts.losses.length === 1);
    expect((await rig.rows(source.inputId)).map((row) => row.sizeBytes)).toEqual([0]);
  });

  it('counts a segment as lost whose chunks do not add up to its hash', async () => {
    const source = new Source(rig.bus);
    const [segment] = await source.send(1, [1]);
    const facts = new HeardFacts();
    const partition = source.partition + 1;
    await source.resend({ ...segment!.closed, partition, chunks: segment!.closed.chunks.toReversed() });
    await rig.startArchiver({ partition, fence: 1, facts });
    await eventually(() => facts.losses.length === 1);
    expect((await rig.rows(source.inputId)).map((row) => row.sizeBytes)).toEqual([0]);
  });

  it('leaves out a record that the index cannot hold, says why, and goes on', async () => {
    const source = new Source(rig.bus);
    const [segment] = await source.send(1, [1]);
    await source.resend({ ...segment!.closed, mediaSequence: 1, startEpochMs: -5 });
    source.skip(1, 1);
    await source.send(1, [1]);
    const facts = new HeardFacts();
    await rig.startArchiver({ partition: source.partition, fence: 1, facts });
    await eventually(async () => (await rig.rows(source.inputId)).length === 2);
    expect(facts.losses).toMatchObject([{ fromMediaSequence: 1, toMediaSequence: 1 }]);
    expect(facts.losses[0]?.detail).toContain('expected milliseconds since 1970, got -5');
  });

  it('tells media sequences that the journal skipped', async () => {
    const source = new Source(rig.bus);
    await source.send(1, [1]);
    const facts = new HeardFacts();
    await rig.startArchiver({ partition: source.partition, fence: 1, facts });
    source.skip(1, 3);
    await source.send(1, [1]);
    await eventually(() => facts.losses.length === 1);
    expect(facts.losses[0]).toMatchObject({ trackId: 1, fromMediaSequence: 1, toMediaSequence: 3 });
  });

  it('publishes a loss once, however often it is told', async () => {
    const { inputId } = new Source(rig.bus);
    const client = ClientProxyFactory.create(natsTransport(busOptions));
    const facts = new NatsArchiveFacts(rig.bus, client);
    const range = { inputId, trackId: 1, fromMediaSequence: 4, toMediaSequence: 9, detail: 'for the test' };
    await facts.lost(range);
    await facts.lost(range);
    await facts.lost({ ...range, trackId: 2 });
    const subjects = [inputEventSubject.format({ inputId, fact: 'archive_lost' })];
    const reader = await readStream(rig.bus, 'EVENTS', { subjects, from: { sequence: 1 } });
    const events: InputEvent[] = [];
    for await (const message of reader.messages) {
      events.push(InputEvent.parse(message.json()));
      if (events.at(-1)?.fact === 'archive_lost' && events.length === 2) break;
    }
    await reader.stop();
    expect(events).toMatchObject([
      { fact: 'archive_lost', trackId: 1, fromMediaSequence: 4, toMediaSequence: 9 },
      { fact: 'archive_lost', trackId: 2 },
    ]);
    await client.close();
  });
});
