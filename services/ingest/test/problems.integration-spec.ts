import { eventually } from '#shared/testing';
import { IngestHarness, openPush } from './harness.ts';
import { fixture, TestEncoder } from './media.ts';

describe('what is wrong with an input', () => {
  let harness: IngestHarness;
  beforeAll(async () => {
    harness = await IngestHarness.start();
  });
  afterAll(() => harness?.stop());

  const video = new TestEncoder(fixture('h264.cmfv'), 1);

  const factsOf = async (inputId: string) =>
    (await harness.events(inputId)).flatMap(({ fact, code, trackId }) =>
      String(fact).startsWith('problem_')
        ? `${String(fact)} ${String(code)} ${trackId === undefined ? 'all' : 'one'}`
        : [],
    );

  it('is told while it lasts, and that it is over when the publisher has gone', async () => {
    const { row, path, key } = await harness.newInput({ maxBitrateBps: 1000 });
    const push = openPush(harness.port, `${path}?sk=${key}`);
    push.send(Buffer.concat([video.init, video.chunks(0, 20)]));
    await eventually(async () => (await factsOf(row.id)).length > 0, { what: 'a problem' });
    expect(await factsOf(row.id)).toEqual(['problem_raised bitrate_above_declared all']);
    const [raised] = (await harness.events(row.id)).filter(({ fact }) => fact === 'problem_raised');
    expect(raised).toMatchObject({ severity: 'warning', sentence: expect.stringContaining('1000 bit/s') });
    push.end();
    await push.answer;
    await eventually(async () => (await factsOf(row.id)).includes('problem_cleared bitrate_above_declared all'));
  });

  it('is nothing for a stream that is as promised', async () => {
    const { row, path, key } = await harness.newInput({ maxBitrateBps: 50_000_000 });
    const push = openPush(harness.port, `${path}?sk=${key}`);
    push.send(Buffer.concat([video.init, video.chunks(0, 20)]));
    push.end();
    await push.answer;
    await eventually(async () => (await harness.events(row.id)).some(({ fact }) => fact === 'publisher_disconnected'));
    expect(await factsOf(row.id)).toEqual([]);
  });
});

describe('an encoder behind a proxy', () => {
  it('is told from others by its own address, when the proxy is trusted', async () => {
    const harness = await IngestHarness.start({ TRUSTED_PROXIES: '127.0.0.0/8' });
    const { row, path, key } = await harness.newInput();
    const pushes = ['192.0.2.1', '192.0.2.2'].map((address, index) => {
      const headers = { forwarded: `for=${address}`, 'user-agent': 'the same' };
      const push = openPush(harness.port, `${path}/Streams(v${index}.cmfv)?sk=${key}`, { headers });
      push.send(Buffer.concat([video.init, video.chunk(0)]));
      return push;
    });
    await eventually(async () => (await harness.chunks(row.id)).length === 2);
    for (const push of pushes) push.end();
    await Promise.all(pushes.map(({ answer }) => answer));
    const connected = (await harness.events(row.id)).filter(({ fact }) => fact === 'publisher_connected');
    await harness.stop();
    expect(new Set(connected.map(({ sessionId }) => sessionId)).size).toBe(2);
  });

  const video = new TestEncoder(fixture('h264.cmfv'), 1);
});
