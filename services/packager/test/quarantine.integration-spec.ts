import { InputEvent, inputEventSubject, type SegmentClosed } from '#shared/contracts';
import { eventually } from '#shared/testing';
import { RecordRefusedError, type Journal, type MediaReader, type MediaSource } from '../src/ports.ts';
import { PackagerRig } from './support/packager-rig.ts';
import type { TestInput } from './support/test-input.ts';
import { verifyJournal } from './support/verify-journal.ts';

let rig: PackagerRig;
let input: TestInput;
let healthy: TestInput;
let problems: InputEvent[];

beforeAll(async () => {
  rig = await PackagerRig.open();
});

beforeEach(async () => {
  input = await rig.newInput();
  healthy = await rig.inputBeside(input);
  problems = [];
  const subject = inputEventSubject.format({ inputId: input.inputId, fact: 'problem_raised' });
  rig.bus.connection.subscribe(subject, {
    callback: (_error, message) => {
      problems.push(InputEvent.parse(message.json()));
    },
  });
  await rig.bus.connection.flush();
});

afterEach(() => rig.stopPackagers());

afterAll(() => rig.close());

/** A timescale that nothing can be counted in, on the chunk of this place of the input: as a message that a check let through. */
async function* uncountable(reader: MediaReader, place: number): MediaReader['messages'] {
  for await (const one of reader.messages) {
    const { message } = one;
    const isHit = message.kind === 'chunk' && message.inputId === input.inputId && message.chunk.epoch === place;
    yield isHit ? { ...one, message: { ...message, chunk: { ...message.chunk, timescale: 0 } } } : one;
  }
}

const withUncountable = (media: MediaSource, epoch: number): MediaSource => ({
  bytesOf: (sequence) => media.bytesOf(sequence),
  nameOf: (track) => media.nameOf(track),
  read: async (partition, from) => {
    const reader = await media.read(partition, from);
    return { messages: uncountable(reader, epoch), stop: () => reader.stop() };
  },
});

const refusing = (journal: Journal, isRefused: (record: SegmentClosed) => boolean): Journal => ({
  newestOfPartition: (partition) => journal.newestOfPartition(partition),
  newestOfTrack: (track) => journal.newestOfTrack(track),
  tracksSince: (...range) => journal.tracksSince(...range),
  recordsOfTrack: (...range) => journal.recordsOfTrack(...range),
  append: (record, expected) =>
    isRefused(record) ? Promise.reject(new RecordRefusedError('as the test wants')) : journal.append(record, expected),
});

const quarantined = (): Promise<unknown> =>
  eventually(() => problems.some((event) => event.fact === 'problem_raised' && event.code === 'message_quarantined'), {
    what: 'the event of the quarantine',
  });

describe('media that this code fails on at every try', () => {
  it('is left out after three tries, told of, and everything else goes on', async () => {
    await rig.startPartition(input.partition, 1, { change: ({ media }) => ({ media: withUncountable(media, 1) }) });
    await input.video(0, 4);
    await input.chunk({ startMs: 2000, epoch: 1 });
    await healthy.video(0, 9);
    await quarantined();
    await input.video(4, 13);
    await eventually(async () => (await input.records()).length >= 2 && (await healthy.records()).length >= 2);
    verifyJournal(await input.records());
    expect(problems).toContainEqual(
      expect.objectContaining({ code: 'message_quarantined', severity: 'error', trackId: 1 }),
    );
  }, 30_000);

  it('is left out with its whole segment when the journal could not hold its record', async () => {
    const isRefused = (record: SegmentClosed): boolean =>
      record.inputId === input.inputId && record.gap === undefined && record.decodeTimeTicks === 180_000n;
    await rig.startPartition(input.partition, 1, {
      change: ({ journal }) => ({ journal: refusing(journal, isRefused) }),
    });
    await input.video(0, 13);
    await healthy.video(0, 9);
    await quarantined();
    await eventually(async () => (await input.records()).length >= 2 && (await healthy.records()).length >= 2);
    const records = await input.records();
    verifyJournal(records);
    expect(records[1]).toMatchObject({ gap: true, decodeTimeTicks: 180_000n });
  }, 30_000);
});
