import { eventually } from '#shared/testing';
import { ticksToMs } from '#timeline';
import { IngestHarness, openPush, upload } from './harness.ts';
import { fixture, TestEncoder } from './media.ts';

describe('the timebase of an input', () => {
  let harness: IngestHarness;
  beforeAll(async () => {
    harness = await IngestHarness.start();
  });
  afterAll(() => harness?.stop());

  const video = new TestEncoder(fixture('h264.cmfv'), 1);
  const restarted = new TestEncoder(fixture('h264.cmfv'), 2);
  const audio = new TestEncoder(fixture('aac.cmfa'), 1);

  const epochsOf = async (inputId: string, trackId: number) =>
    (await harness.chunks(inputId, trackId)).map(({ facts }) => facts['Hw-Epoch']);

  it('begins a new epoch when an encoder restarts at zero, and the other track follows', async () => {
    const { row, key, path } = await harness.newInput();
    const url = (name: string) => `${path}/Streams(${name})?sk=${key}`;
    const send = (name: string, ...parts: Uint8Array[]) =>
      upload(harness.port, url(name), { body: Buffer.concat(parts) });
    await send('v.cmfv', video.init, video.chunks(0, 5));
    await send('a.cmfa', audio.init, audio.chunks(0, 10));
    await send('v.cmfv', restarted.init, restarted.chunks(0, 2));
    await send('a.cmfa', audio.init, audio.chunks(0, 2));
    expect(await epochsOf(row.id, 1)).toEqual([0, 0, 0, 0, 0, 1, 1]);
    expect((await epochsOf(row.id, 2)).slice(-3)).toEqual([0, 1, 1]);

    const starts = (await harness.chunks(row.id, 1)).map(
      ({ facts }) => facts['Hw-Anchor-Ms'] + ticksToMs(facts['Hw-Decode-Time'], facts['Hw-Timescale']),
    );
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect((await harness.events(row.id)).filter(({ fact }) => fact === 'problem_raised')).toMatchObject([
      { code: 'timestamp_jump', trackId: 1 },
    ]);
  });

  it('keeps the epoch of an encoder that reconnects and continues', async () => {
    const { row, key, path } = await harness.newInput();
    const url = `${path}?sk=${key}`;
    const push = openPush(harness.port, url);
    push.send(Buffer.concat([video.init, video.chunks(0, 3)]));
    await eventually(async () => (await harness.chunks(row.id)).length === 3);
    push.cut();
    await eventually(async () => (await harness.media(row.id)).some(({ kind }) => kind === 'end'));
    const answer = await upload(harness.port, url, { body: Buffer.concat([video.init, video.chunks(1, 5)]) });
    expect(answer.status).toBe(200);
    expect((await harness.chunks(row.id)).map(({ facts }) => facts['Hw-Decode-Time'])).toEqual(
      [0n, 1n, 2n, 3n, 4n].map((n) => n * video.durationTicks),
    );
    expect(new Set(await epochsOf(row.id, 1))).toEqual(new Set([0]));
  });

  it('drops what is sent again after another ingest process took over, and keeps the epoch', async () => {
    const { row, key, path } = await harness.newInput();
    const push = openPush(harness.port, `${path}?sk=${key}`);
    push.send(Buffer.concat([video.init, video.chunks(0, 4)]));
    await eventually(async () => (await harness.chunks(row.id)).length === 4);
    const successor = await harness.startAnother();
    const body = Buffer.concat([video.init, video.chunks(1, 6)]);
    const answer = await eventually(async () => {
      const result = await upload(successor.httpPort, `${path}?sk=${key}`, { body });
      return result.status === 200 ? result : undefined;
    });
    await successor.close();
    push.cut();
    expect(answer.status).toBe(200);
    expect((await harness.chunks(row.id)).map(({ facts }) => facts['Hw-Decode-Time'])).toEqual(
      [0n, 1n, 2n, 3n, 4n, 5n].map((n) => n * video.durationTicks),
    );
    expect(new Set(await epochsOf(row.id, 1))).toEqual(new Set([0]));
  });

  it('takes the same file again for a restart when the first push had ended', async () => {
    const { row, key, path } = await harness.newInput();
    const url = `${path}?sk=${key}`;
    for (let i = 0; i < 2; i += 1) await upload(harness.port, url, { body: fixture('h264.cmfv') });
    expect(new Set(await epochsOf(row.id, 1))).toEqual(new Set([0, 1]));
  });

  it('begins an epoch in the middle of a stream when the init segment changes, with the clock running on', async () => {
    const { row, key, path } = await harness.newInput();
    const changed = Buffer.from(video.init);
    // The minor version of ftyp: other bytes, the same track.
    changed.writeUInt32BE(77, 12);
    const body = Buffer.concat([
      video.init,
      video.chunks(0, 2),
      video.init,
      video.chunks(2, 3),
      changed,
      video.chunks(3, 5),
    ]);
    expect((await upload(harness.port, `${path}?sk=${key}`, { body })).status).toBe(200);
    const chunks = await harness.chunks(row.id);
    expect(chunks.map(({ facts }) => facts['Hw-Epoch'])).toEqual([0, 0, 0, 1, 1]);
    expect(new Set(chunks.map(({ facts }) => facts['Hw-Anchor-Ms'])).size).toBe(1);
    expect((await harness.inits(row.id)).map(({ facts }) => facts['Hw-Epoch'])).toEqual([0, 1]);
  });

  it('keeps decode times beyond 2^53 exact', async () => {
    const { row, key, path } = await harness.newInput();
    const from = 2n ** 53n + 1n;
    const body = Buffer.concat([video.init, video.chunks(0, 2, from)]);
    expect((await upload(harness.port, `${path}?sk=${key}`, { body })).status).toBe(200);
    expect((await harness.chunks(row.id)).map(({ facts }) => facts['Hw-Decode-Time'])).toEqual([
      from,
      from + video.durationTicks,
    ]);
  });
});
