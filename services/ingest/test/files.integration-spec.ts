import { eventually } from '#shared/testing';
import { IngestHarness, openPush, upload } from './harness.ts';
import { fixture, partsOf, TestEncoder } from './media.ts';

describe('an encoder that sends one file for each request', () => {
  let harness: IngestHarness;
  beforeAll(async () => {
    harness = await IngestHarness.start({ SESSION_IDLE_MS: '700' });
  });
  afterAll(() => harness?.stop());

  const encoder = new TestEncoder(fixture('h264.cmfv'), 1);
  const timesOf = async (inputId: string) =>
    (await harness.chunks(inputId)).map(({ facts }) => facts['Hw-Decode-Time']);
  const expectedTimes = (count: number) => Array.from({ length: count }, (_, n) => BigInt(n) * encoder.durationTicks);

  it('may send a segment before the answer to its init segment', async () => {
    const { row, key, path } = await harness.newInput();
    const early = upload(harness.port, `${path}/${key}/seg-0-00001.cmfv`, { body: encoder.chunk(0) });
    expect((await upload(harness.port, `${path}/${key}/init-0.cmfv`, { body: encoder.init })).status).toBe(200);
    expect((await early).status).toBe(200);
    expect(await timesOf(row.id)).toEqual(expectedTimes(1));
  });

  it('gets its segments in order when it opens the next before the last is through', async () => {
    const { row, key, path } = await harness.newInput();
    const url = (file: string) => `${path}/${key}/${file}`;
    await upload(harness.port, url('init-0.cmfv'), { body: encoder.init });
    const first = openPush(harness.port, url('seg-0-00001.cmfv'));
    first.send(encoder.chunk(0));
    await eventually(async () => (await harness.chunks(row.id)).length === 1);
    const second = upload(harness.port, url('seg-0-00002.cmfv'), { body: encoder.chunk(2) });
    first.send(encoder.chunk(1));
    first.end();
    expect([(await first.answer).status, (await second).status]).toEqual([200, 200]);
    expect(await timesOf(row.id)).toEqual(expectedTimes(3));
  });

  it('may send a segment twice', async () => {
    const { row, key, path } = await harness.newInput();
    await upload(harness.port, `${path}/${key}/init-0.cmfv`, { body: encoder.init });
    for (const file of ['seg-0-1.m4s', 'seg-0-1.m4s', 'seg-0-2.m4s']) {
      const body = encoder.chunk(file.endsWith('1.m4s') ? 0 : 1);
      expect((await upload(harness.port, `${path}/${key}/${file}`, { body, method: 'PUT' })).status).toBe(200);
    }
    expect(await timesOf(row.id)).toEqual(expectedTimes(2));
  });

  it('goes on through another ingest that never saw its init segment', async () => {
    const { row, key, path } = await harness.newInput();
    await upload(harness.port, `${path}/${key}/init-0.cmfv`, { body: encoder.init });
    await upload(harness.port, `${path}/${key}/seg-0-1.m4s`, { body: encoder.chunk(0) });
    const successor = await harness.startAnother();
    const answer = await upload(successor.httpPort, `${path}/${key}/seg-0-2.m4s`, { body: encoder.chunk(1) });
    expect(answer.status).toBe(200);
    // And back again: the first process has to learn what the other stored.
    const body = encoder.chunk(2);
    expect((await upload(harness.port, `${path}/${key}/seg-0-3.m4s`, { body })).status).toBe(200);
    await successor.close();
    const chunks = await harness.chunks(row.id);
    expect(chunks.map(({ facts }) => facts['Hw-Decode-Time'])).toEqual(expectedTimes(3));
    expect(new Set(chunks.map(({ facts }) => facts['Hw-Epoch']))).toEqual(new Set([0]));
  });

  it('takes the low-latency segments of a DASH encoder with their styp and prft', async () => {
    const { row, key, path } = await harness.newInput();
    const url = (file: string) => `${path}/${key}/${file}`;
    await upload(harness.port, url('init-0.cmfv'), { body: fixture('ll-dash-init.cmfv') });
    for (const n of [1, 2])
      await upload(harness.port, url(`seg-0-0000${n}.cmfv`), { body: fixture(`ll-dash-${n}.cmfv`) });
    const sent = [1, 2].flatMap((n) => {
      const whole = Buffer.concat([fixture('ll-dash-init.cmfv'), fixture(`ll-dash-${n}.cmfv`)]);
      return partsOf(whole).chunks.map((bytes) => Buffer.from(bytes));
    });
    expect((await harness.chunks(row.id)).map(({ bytes }) => Buffer.from(bytes))).toEqual(sent);
  });

  it('has left when its files stop coming', async () => {
    const { row, key, path } = await harness.newInput();
    await upload(harness.port, `${path}/${key}/init-0.cmfv`, { body: encoder.init });
    await upload(harness.port, `${path}/${key}/seg-0-1.m4s`, { body: encoder.chunk(0) });
    expect((await harness.events(row.id)).map(({ fact }) => fact)).toEqual(['publisher_connected', 'epoch_began']);
    const events = await eventually(async () => {
      const all = await harness.events(row.id);
      return all.length === 3 ? all : undefined;
    });
    expect(events.at(-1)).toMatchObject({ fact: 'publisher_disconnected', reason: 'idle' });
    expect((await harness.media(row.id)).map(({ kind }) => kind)).toEqual(['init', 'chunk', 'end']);
  });
});
