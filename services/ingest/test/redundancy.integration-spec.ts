import { eventually } from '#shared/testing';
import type { RunningIngest } from '../src/start-ingest.ts';
import { IngestHarness, openPush, upload } from './harness.ts';
import { fixture, TestEncoder } from './media.ts';

describe('two encoders of a redundant input', () => {
  let harness: IngestHarness;
  let second: RunningIngest;
  beforeAll(async () => {
    harness = await IngestHarness.start();
    second = await harness.startAnother();
  });
  afterAll(async () => {
    await second?.close();
    await harness?.stop();
  });

  // Of different salt: two encoders are seldom alike in every bit.
  const a = new TestEncoder(fixture('h264.cmfv'), 1);
  const b = new TestEncoder(fixture('h264.cmfv'), 2);

  const begin = async () => {
    const input = await harness.newInput({ redundancy: 'redundant' });
    return { ...input, url: `${input.path}?sk=${input.key}`, inputId: input.row.id };
  };
  const timesOf = async (inputId: string) =>
    (await harness.chunks(inputId)).map(({ facts }) => Number(facts['Hw-Decode-Time'] / a.durationTicks));
  const numbers = (to: number) => Array.from({ length: to }, (_, n) => n);
  const untilStored = (inputId: string, count: number) =>
    eventually(async () => (await timesOf(inputId)).length >= count, { what: `${count} chunks` });
  const kindsOf = async (inputId: string) => (await harness.media(inputId)).map(({ kind }) => kind);
  const epochsOf = async (inputId: string) =>
    new Set((await harness.chunks(inputId)).map(({ facts }) => facts['Hw-Epoch']));

  it.each([
    ['one ingest process', () => harness.port],
    ['two ingest processes', () => second.httpPort],
  ])(
    'are one stream through %s: each time once, the first wins, either may die in the middle of a chunk',
    async (_, portOfB) => {
      const { inputId, url } = await begin();
      const [one, other] = [openPush(harness.port, url), openPush(portOfB(), url)];
      one.send(Buffer.concat([a.init, a.chunks(0, 3)]));
      await untilStored(inputId, 3);
      other.send(Buffer.concat([b.init, b.chunks(1, 5)]));
      await untilStored(inputId, 5);
      one.send(Buffer.concat([a.chunks(3, 7), a.chunk(7).subarray(0, 100)]));
      await untilStored(inputId, 7);
      one.cut();
      other.send(Buffer.from(b.chunks(5, 10)));
      await untilStored(inputId, 10);
      // The first comes back behind and goes on alone.
      const back = openPush(harness.port, url);
      back.send(Buffer.concat([a.init, a.chunks(8, 11)]));
      await untilStored(inputId, 11);
      other.cut();
      back.send(a.chunks(11, 13));
      await untilStored(inputId, 13);
      back.end();
      expect((await back.answer).status).toBe(200);

      expect(await timesOf(inputId)).toEqual(numbers(13));
      expect(await epochsOf(inputId)).toEqual(new Set([0]));
      const stored = (await harness.chunks(inputId)).map(({ bytes }) => Buffer.from(bytes));
      const wanted = [a, a, a, b, b, a, a, b, b, b, a, a, a].map((from, n) => Buffer.from(from.chunk(n)));
      expect(stored).toEqual(wanted);
      // An end would close a segment in the middle.
      expect((await kindsOf(inputId)).filter((kind) => kind === 'end')).toHaveLength(1);
      expect((await kindsOf(inputId)).at(-1)).toBe('end');
    },
  );

  it('take one epoch further together when their track is missing nothing', async () => {
    const { inputId, path, key } = await begin();
    const url = (name: string) => `${path}/Streams(${name})?sk=${key}`;
    const pushes = [a, b].map((encoder) => {
      const push = openPush(harness.port, url('v.cmfv'));
      push.send(encoder.init);
      return { push, encoder };
    });
    for (const n of numbers(12)) for (const { push, encoder } of pushes) push.send(encoder.chunk(n));
    for (const { push } of pushes) push.end();
    expect((await Promise.all(pushes.map(({ push }) => push.answer))).map(({ status }) => status)).toEqual([200, 200]);
    expect(await timesOf(inputId)).toEqual(numbers(12));
    expect((await harness.inits(inputId)).length).toBeLessThanOrEqual(2);
  });

  it.each([
    ['the same process', () => harness.port],
    ['another process', () => second.httpPort],
  ])('must have the same init segment: through %s the second is refused, the first goes on', async (_, portOfB) => {
    const { inputId, url } = await begin();
    const one = openPush(harness.port, url);
    one.send(Buffer.concat([a.init, a.chunks(0, 2)]));
    await untilStored(inputId, 2);
    const changed = Buffer.from(b.init);
    changed.writeUInt32BE(77, 12);
    const answer = await upload(portOfB(), url, { body: Buffer.concat([changed, b.chunks(1, 3)]) });
    expect(answer).toMatchObject({ status: 409, error: 'RedundantInitDiffers' });
    one.send(Buffer.from(a.chunks(2, 4)));
    one.end();
    expect((await one.answer).status).toBe(200);
    expect(await timesOf(inputId)).toEqual(numbers(4));
    const events = await harness.events(inputId);
    expect(events.find(({ fact }) => fact === 'publisher_rejected')).toMatchObject({ code: 'RedundantInitDiffers' });
  });

  it('must share a clock: one that begins elsewhere is refused while the other lives, and welcome when it is gone', async () => {
    const { inputId, url } = await begin();
    const far = 1000n * a.durationTicks;
    const one = openPush(harness.port, url);
    one.send(Buffer.concat([a.init, a.chunks(0, 2, far)]));
    await untilStored(inputId, 2);
    const restarted = Buffer.concat([b.init, b.chunks(0, 2)]);
    expect(await upload(second.httpPort, url, { body: restarted })).toMatchObject({
      status: 409,
      error: 'RedundantOutOfStep',
    });
    expect(await epochsOf(inputId)).toEqual(new Set([0]));
    one.cut();
    await eventually(async () => (await upload(second.httpPort, url, { body: restarted })).status === 200);
    expect(await epochsOf(inputId)).toEqual(new Set([0, 1]));
  });
});
