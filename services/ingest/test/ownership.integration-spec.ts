import { trackOwnersBucket } from '#shared/contracts';
import { eventually } from '#shared/testing';
import type { RunningIngest } from '../src/start-ingest.ts';
import { IngestHarness, openPush, upload } from './harness.ts';
import { fixture, TestEncoder } from './media.ts';

describe('a second publisher at another ingest process', () => {
  let harness: IngestHarness;
  let second: RunningIngest;
  beforeAll(async () => {
    harness = await IngestHarness.start({ PUBLISHER_QUIET_MS: '600' });
    second = await harness.startAnother();
  });
  afterAll(async () => {
    await second?.close();
    await harness?.stop();
  });

  const encoder = new TestEncoder(fixture('h264.cmfv'), 1);
  const audio = new TestEncoder(fixture('aac.cmfa'), 1);
  const stranger = { headers: { 'user-agent': 'another' } };

  const begin = async (redundancy: 'refuse' | 'takeover', firstPort = harness.port) => {
    const input = await harness.newInput({ redundancy });
    const url = `${input.path}?sk=${input.key}`;
    const push = openPush(firstPort, url);
    push.send(Buffer.concat([encoder.init, encoder.chunk(0)]));
    await eventually(async () => (await harness.chunks(input.row.id)).length === 1);
    return { ...input, url, push, inputId: input.row.id };
  };
  const reasonsOf = async (inputId: string) =>
    (await harness.events(inputId)).filter(({ fact }) => fact === 'publisher_disconnected').map(({ reason }) => reason);

  it('is refused while the first sends, wherever that is', async () => {
    const { inputId, url, push } = await begin('refuse');
    for (const client of [stranger, {}]) {
      push.send(encoder.chunk(1));
      const answer = await upload(second.httpPort, url, { ...client, body: encoder.init });
      expect(answer).toMatchObject({ status: 409, error: 'AlreadyPublishing' });
      expect(answer.message).toMatch(/received bytes \d+ ms ago/);
    }
    push.send(encoder.chunk(2));
    push.end();
    expect((await push.answer).status).toBe(200);
    expect(await harness.chunks(inputId)).toHaveLength(3);
    // What was refused left no trace of a session.
    expect(await reasonsOf(inputId)).toEqual(['finished']);
  });

  it('may add a track that nobody sends', async () => {
    const { path, key, push } = await begin('refuse');
    const body = Buffer.concat([audio.init, audio.chunk(0)]);
    const answer = await upload(second.httpPort, `${path}/Streams(audio.cmfa)?sk=${key}`, { body });
    expect(answer.status).toBe(200);
    push.end();
    await push.answer;
  });

  it('takes the track once the first was quiet, which then gets its answer', async () => {
    const { inputId, url, push } = await begin('refuse');
    const body = Buffer.concat([encoder.init, encoder.chunk(1)]);
    await eventually(async () => (await upload(second.httpPort, url, { ...stranger, body })).status === 200);
    expect(await push.answer).toMatchObject({ status: 409, error: 'PublisherTakenOver' });
    expect((await harness.chunks(inputId)).map(({ facts }) => facts['Hw-Epoch'])).toEqual([0, 0]);
  });

  it('takes over within a second where the input says so, with a reason for the first', async () => {
    const { inputId, path, key, url, push } = await begin('takeover');
    const sound = openPush(harness.port, `${path}/Streams(audio.cmfa)?sk=${key}`);
    sound.send(Buffer.concat([audio.init, audio.chunk(0)]));
    await eventually(async () => (await harness.chunks(inputId)).length === 2);
    push.send(encoder.chunk(1));
    const next = openPush(second.httpPort, url, stranger);
    const takenAtMs = performance.now();
    next.send(Buffer.concat([encoder.init, encoder.chunk(2)]));
    expect(await push.answer).toMatchObject({ status: 409, error: 'PublisherTakenOver' });
    // The other tracks of that publisher end with it.
    expect(await sound.answer).toMatchObject({ status: 409, error: 'PublisherTakenOver' });
    expect(performance.now() - takenAtMs).toBeLessThan(1000);
    await eventually(async () => (await reasonsOf(inputId)).includes('taken_over'), { what: 'the reason as an event' });
    next.end();
    expect((await next.answer).status).toBe(200);
    expect(await reasonsOf(inputId)).toEqual(['taken_over', 'finished']);
  });

  it('comes at once when the process of the first was killed', async () => {
    const { row, key, path } = await harness.newInput();
    // What a killed process leaves behind: a row that names it, and nobody who answers for it.
    const owners = await harness.bus.table(trackOwnersBucket);
    await owners.put(row.id, { owners: [{ trackId: 1, sessionId: 'gone', processId: 'killed' }] });
    const body = Buffer.concat([encoder.init, encoder.chunk(0)]);
    const startedMs = performance.now();
    expect((await upload(harness.port, `${path}?sk=${key}`, { body })).status).toBe(200);
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });

  it('lets exactly one of two win that come at the same moment', async () => {
    const { row, key, path } = await harness.newInput();
    const url = `${path}?sk=${key}`;
    const pushes = [harness.port, second.httpPort, harness.port, second.httpPort].map((port, index) =>
      openPush(port, url, { headers: { 'user-agent': `encoder ${index}` } }),
    );
    for (const push of pushes) push.send(Buffer.concat([encoder.init, encoder.chunk(0)]));
    const refused = await eventually(async () => {
      const settled = await Promise.race([Promise.all(pushes.map(({ answer }) => answer)), later(20)]);
      expect(settled).toBeUndefined();
      const answers = await Promise.all(pushes.map(({ answer }) => Promise.race([answer, later(5)])));
      const given = answers.filter((answer) => answer !== undefined);
      return given.length === 3 && given;
    });
    expect(refused.map(({ error }) => error)).toEqual(Array.from({ length: 3 }, () => 'AlreadyPublishing'));
    for (const push of pushes) push.end();
    await Promise.all(pushes.map(({ answer }) => answer));
    expect(await harness.chunks(row.id)).toHaveLength(1);
  });

  it('leaves an empty row when everybody has gone', async () => {
    const { inputId, push } = await begin('refuse');
    const owners = await harness.bus.table(trackOwnersBucket);
    expect((await owners.get(inputId))?.value.owners).toHaveLength(1);
    push.end();
    await push.answer;
    await eventually(async () => (await owners.get(inputId))?.value.owners.length === 0);
  });
});

const later = (ms: number): Promise<undefined> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms);
  });
