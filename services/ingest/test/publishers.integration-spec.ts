import { eventually } from '#shared/testing';
import { IngestHarness, openPush, upload } from './harness.ts';
import { fixture, TestEncoder } from './media.ts';

describe('a second publisher', () => {
  let harness: IngestHarness;
  beforeAll(async () => {
    harness = await IngestHarness.start({ PUBLISHER_QUIET_MS: '400' });
  });
  afterAll(() => harness?.stop());

  const encoder = new TestEncoder(fixture('h264.cmfv'), 1);
  const audio = new TestEncoder(fixture('aac.cmfa'), 1);

  const begin = async (changes = {}) => {
    const input = await harness.newInput(changes);
    const url = `${input.path}?sk=${input.key}`;
    const push = openPush(harness.port, url);
    push.send(encoder.init);
    push.send(encoder.chunk(0));
    await eventually(async () => (await harness.chunks(input.row.id)).length === 1);
    return { ...input, url, push };
  };

  it('is refused with 409 while the first sends, and the first goes on', async () => {
    const { row, url, push } = await begin();
    push.send(encoder.chunk(1));
    const answer = await upload(harness.port, url, { body: encoder.init, headers: { 'user-agent': 'another' } });
    expect(answer).toMatchObject({ status: 409, error: 'AlreadyPublishing' });
    push.send(encoder.chunk(2));
    push.end();
    expect((await push.answer).status).toBe(200);
    expect(await harness.chunks(row.id)).toHaveLength(3);
  });

  it('may add a track that nobody sends', async () => {
    const { row, path, key, push } = await begin();
    const url = `${path}/Streams(audio.cmfa)?sk=${key}`;
    const body = Buffer.concat([audio.init, audio.chunk(0)]);
    expect((await upload(harness.port, url, { body })).status).toBe(200);
    push.end();
    await push.answer;
    expect(new Set((await harness.chunks(row.id)).map(({ trackId }) => trackId))).toEqual(new Set([1, 2]));
  });

  it('takes the track of a half-open connection over once it was quiet, and the old one is closed', async () => {
    const { row, url, push } = await begin();
    const closed = new Promise((resolve) => push.outgoing.once('close', resolve));
    const body = Buffer.concat([encoder.init, encoder.chunk(1)]);
    await eventually(async () => (await upload(harness.port, url, { body })).status === 200);
    await closed;
    const chunks = await harness.chunks(row.id);
    expect(chunks.map(({ facts }) => facts['Hw-Epoch'])).toEqual([0, 0]);
  });

  it('takes over at once where the input says so', async () => {
    const { row, url, push } = await begin({ redundancy: 'takeover' });
    const closed = new Promise((resolve) => push.outgoing.once('close', resolve));
    const body = Buffer.concat([encoder.init, encoder.chunk(1)]);
    const answer = await upload(harness.port, url, { body, headers: { 'user-agent': 'another' } });
    expect(answer.status).toBe(200);
    await closed;
    const count = async (wanted: string): Promise<number> =>
      (await harness.events(row.id)).filter(({ fact }) => fact === wanted).length;
    await eventually(async () => (await count('publisher_disconnected')) === 2, { what: 'both publishers left' });
    expect(await count('publisher_connected')).toBe(2);
  });
});
