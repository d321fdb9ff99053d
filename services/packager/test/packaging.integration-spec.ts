import { InputEvent, inputEventSubject, presentationsBucket, type TrackWindow } from '#shared/contracts';
import { applyWindowFact } from '#shared/live-window';
import { eventually } from '#shared/testing';
import { PackagerRig } from './support/packager-rig.ts';
import type { TestInput } from './support/test-input.ts';
import { verifyJournal } from './support/verify-journal.ts';
import { eventMessageBox } from './boxes.ts';
import { sha256 } from './media.ts';

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

const segmentsOf = (count: number, trackId = 1): Promise<TrackWindow> =>
  eventually(
    async () => {
      const window = await input.trackWindow(trackId);
      return window !== undefined && window.segments.length >= count && window;
    },
    { what: `${count} segments in the window` },
  );

describe('the packager', () => {
  it('turns chunks into journal records and the same segments in the window, byte for byte', async () => {
    await rig.startPartition(input.partition, 1);
    await input.init(0, 'cam.cmfv');
    await input.video(0, 13);
    const window = await segmentsOf(3);
    const records = await input.records();
    verifyJournal(records);
    expect(window.segments.map(({ mediaSequence, sha256: hash }) => [mediaSequence, hash])).toEqual(
      records.map((record) => [record.mediaSequence, record.sha256]),
    );
    expect(window.track).toMatchObject({
      trackId: 1,
      name: 'cam.cmfv',
      kind: 'video',
      codec: expect.stringMatching(/^avc1/),
    });
    for (const segment of window.segments) {
      const bytes = await rig.window.readSegment(input.inputId, 1, segment);
      expect(sha256(bytes ?? '')).toBe(segment.sha256);
    }
    await eventually(async () => (await input.windowBytes()).equals(input.sentBytes()));
  }, 20_000);

  it('freezes the numbers of the presentation once', async () => {
    await rig.startPartition(input.partition, 1);
    await input.video(0, 5);
    const { numbers } = await segmentsOf(1);
    const table = await rig.bus.table(presentationsBucket);
    expect((await table.get(input.inputId))?.value).toEqual(numbers);
    expect(numbers).toEqual({ targetDurationSec: 2, segmentTargetMs: 2000, partTargetMs: 500 });
  }, 20_000);

  it('follows the numbers that are frozen already', async () => {
    const table = await rig.bus.table(presentationsBucket);
    await table.create(input.inputId, { targetDurationSec: 4, segmentTargetMs: 4000, partTargetMs: 1000 });
    await rig.startPartition(input.partition, 1);
    await input.video(0, 9);
    const window = await segmentsOf(1);
    expect(window.segments).toMatchObject([{ durationMs: 4000 }]);
    expect(window.segments[0]?.parts.map((part) => part.durationMs)).toEqual([1000, 1000, 1000, 1000]);
  }, 20_000);

  it('announces facts from which a mirror keeps the window without reading it', async () => {
    const facts = await input.facts();
    await rig.startPartition(input.partition, 1);
    await input.video(0, 5);
    let mirror = await segmentsOf(1);
    facts.splice(0);
    await input.video(5, 14);
    const stored = await eventually(async () => {
      const window = await input.trackWindow();
      return window?.open?.mediaSequence === 3 && window.open.parts.length === 2 && window;
    });
    await eventually(() => facts.at(-1)?.revision === stored.revision);
    for (const fact of facts) mirror = applyWindowFact(mirror, fact)!;
    expect(mirror).toEqual(stored);
  }, 20_000);

  it('packages the tracks of an input each with its own sequence', async () => {
    await rig.startPartition(input.partition, 1);
    for (let index = 0; index < 21; index += 1) {
      await input.chunk({ startMs: index * 200, lengthMs: 200, independent: index % 10 === 0 });
      await input.chunk({ trackId: 2, kind: 'audio', startMs: index * 200, lengthMs: 200 });
    }
    const [video, audio] = [await segmentsOf(2), await segmentsOf(2, 2)];
    expect(video.segments.map((segment) => segment.durationMs)).toEqual([2000, 2000]);
    expect(audio.segments.map((segment) => segment.durationMs)).toEqual([2000, 2000]);
    expect(audio.track).toMatchObject({ kind: 'audio', codec: 'mp4a.40.2', channels: expect.any(Number) });
  }, 20_000);

  it('ignores a chunk that came twice', async () => {
    await rig.startPartition(input.partition, 1);
    await input.video(0, 3);
    await input.chunk({ startMs: 1000, independent: false });
    await input.video(3, 5);
    const window = await segmentsOf(1);
    expect(window.segments[0]).toMatchObject({ durationMs: 2000 });
    expect((await input.records())[0]?.chunks).toHaveLength(4);
  }, 20_000);

  it('closes the segment at a new epoch and begins a discontinuity with a wall clock of its own', async () => {
    await rig.startPartition(input.partition, 1);
    await input.video(0, 6);
    await input.video(0, 5, { epoch: 1 });
    const window = await segmentsOf(3);
    expect(window.segments).toMatchObject([
      { mediaSequence: 0, discontinuitySequence: 0, durationMs: 2000 },
      { mediaSequence: 1, discontinuitySequence: 0, durationMs: 1000 },
      { mediaSequence: 2, discontinuitySequence: 1, startEpochMs: 1_700_000_100_000 },
    ]);
  }, 20_000);

  it('closes the last segment when the publisher ends', async () => {
    await rig.startPartition(input.partition, 1);
    await input.video(0, 6);
    await input.end();
    const window = await segmentsOf(2);
    expect(window.open).toBeNull();
    expect((await input.records()).map((record) => record.closedBy)).toEqual(['boundary', 'end']);
    expect(await input.windowBytes()).toEqual(input.sentBytes());
  }, 20_000);

  it('closes the last segment when the publisher falls silent', async () => {
    await rig.startPartition(input.partition, 1);
    await input.video(0, 6);
    await eventually(async () => (await input.records()).at(-1)?.closedBy === 'silence', { withinMs: 9000 });
    const { lastAppendMs } = await segmentsOf(2);
    expect(Date.now() - lastAppendMs).toBeGreaterThanOrEqual(5000);
  }, 15_000);

  it('says that keyframes are too far apart, and goes on', async () => {
    const problems: InputEvent[] = [];
    const subject = inputEventSubject.format({ inputId: input.inputId, fact: 'problem_raised' });
    rig.bus.connection.subscribe(subject, {
      callback: (_error, message) => {
        problems.push(InputEvent.parse(message.json()));
      },
    });
    await rig.startPartition(input.partition, 1);
    for (let index = 0; index < 14; index += 1) await input.chunk({ startMs: index * 500, independent: index === 0 });
    await segmentsOf(3);
    await eventually(() => problems.length > 0);
    expect(problems).toMatchObject([{ fact: 'problem_raised', code: 'keyframe_interval_too_long', trackId: 1 }]);
  }, 20_000);

  it('shows event messages as markers, in the open segment at once, and in record and window', async () => {
    const emsg = eventMessageBox({
      schemeIdUri: 'https://aomedia.org/emsg/ID3',
      timescale: 1000,
      presentationTimeTicks: 2700n,
      messageData: Buffer.from('ID3'),
    });
    const facts = await input.facts();
    await rig.startPartition(input.partition, 1);
    await input.video(0, 5);
    await segmentsOf(1);
    await input.chunk({ startMs: 2500, independent: false, boxes: emsg });
    const open = await eventually(() =>
      facts.find(({ change }) => change.kind === 'part_appended' && change.segment.markers),
    );
    await input.video(6, 9);
    const [marker] = (await segmentsOf(2)).segments[1]?.markers ?? [];
    expect(marker).toMatchObject({ startEpochMs: 1_700_000_002_700, messageData: 'SUQz' });
    expect((await input.records())[1]?.markers).toEqual([marker]);
    expect(open.change).toMatchObject({ segment: { mediaSequence: 1, markers: [marker] } });
    await eventually(() => facts.some(({ change }) => change.kind === 'segment_closed' && change.segment.markers));
    await eventually(async () => (await input.windowBytes()).equals(input.sentBytes()));
  }, 20_000);

  it('passes over messages that cannot be read', async () => {
    await rig.startPartition(input.partition, 1);
    await input.video(0, 2);
    const subject = `media.v1.${input.partition}.${input.inputId}.1.chunk`;
    await rig.bus.jetstream.publish(subject, 'no headers');
    await input.chunk({ startMs: 1000, lengthMs: 0, independent: false });
    input.sent.get(1)?.pop();
    await input.video(2, 5);
    expect((await segmentsOf(1)).segments).toMatchObject([{ durationMs: 2000 }]);
    await eventually(async () => (await input.windowBytes()).equals(input.sentBytes()));
  }, 20_000);
});
