import { IngestHarness, sha256, upload } from './harness.ts';
import { fixture, partsOf } from './media.ts';

describe('a stream of one track in one request', () => {
  let harness: IngestHarness;
  beforeAll(async () => {
    harness = await IngestHarness.start();
  });
  afterAll(() => harness?.stop());

  it.each(['h264.cmfv', 'aac.cmfa', 'opus.cmfa', 'hevc.cmfv', 'av1.cmfv', 'h264-b-frames.cmfv'])(
    'stores every chunk of %s verbatim and in order',
    async (name) => {
      const { row, key, path } = await harness.newInput();
      const file = fixture(name);
      const answer = await upload(harness.port, `${path}?sk=${key}`, { body: file });
      expect(answer).toEqual({ status: 200, error: undefined, message: undefined });

      const [init] = await harness.inits(row.id);
      const chunks = await harness.chunks(row.id);
      const { chunks: sent } = partsOf(file);
      expect(chunks.map(({ bytes }) => sha256(bytes))).toEqual(sent.map(sha256));
      expect(chunks.map(({ facts }) => facts['Hw-Sha256'])).toEqual(sent.map(sha256));
      // Everything but the trailing mfra: init and chunks are the file.
      const stored = Buffer.concat([init?.bytes ?? new Uint8Array(), ...chunks.map(({ bytes }) => bytes)]);
      expect(file.subarray(0, stored.length).equals(stored)).toBe(true);
      expect(file.subarray(stored.length + 4, stored.length + 8).toString()).toMatch(/^(mfra)?$/);

      expect(new Set(chunks.map(({ facts }) => facts['Hw-Epoch']))).toEqual(new Set([0]));
      expect(chunks.every(({ facts }) => facts['Hw-Init-Sha256'] === sha256(init?.bytes ?? new Uint8Array()))).toBe(
        true,
      );
      expect((await harness.media(row.id)).map(({ kind }) => kind)).toEqual([
        'init',
        ...sent.map(() => 'chunk'),
        'end',
      ]);
    },
  );

  it('tells of the publisher coming and going', async () => {
    const { row, key, path } = await harness.newInput();
    await upload(harness.port, `${path}/Streams(video.cmfv)?sk=${key}`, { body: fixture('h264.cmfv') });
    const events = await harness.events(row.id);
    expect(events.map(({ fact }) => fact)).toEqual(['publisher_connected', 'epoch_began', 'publisher_disconnected']);
    expect(events.at(-1)).toMatchObject({ reason: 'finished' });
  });

  it('warns of a video that does not begin with a keyframe', async () => {
    const { row, key, path } = await harness.newInput();
    const { init, chunks } = partsOf(Buffer.concat([fixture('ll-dash-init.cmfv'), fixture('ll-dash-1.cmfv')]));
    await upload(harness.port, `${path}?sk=${key}`, { body: Buffer.concat([init, ...chunks.slice(1)]) });
    expect((await harness.events(row.id)).filter(({ fact }) => fact === 'problem_raised')).toMatchObject([
      { code: 'starts_without_keyframe', trackId: 1 },
    ]);
  });

  it('counts what it stored and says that it is ready', async () => {
    const { key, path } = await harness.newInput();
    await upload(harness.port, `${path}?sk=${key}`, { body: fixture('h264.cmfv') });
    const ops = async (url: string) => (await fetch(`http://127.0.0.1:${harness.ingest.opsPort}${url}`)).text();
    expect(JSON.parse(await ops('/health/ready'))).toMatchObject({
      status: 'ready',
      checks: { http: true, bus: true },
    });
    const metrics = await ops('/metrics');
    expect(metrics).toMatch(/headwater_ingest_chunks_total\{outcome="stored",service="ingest"\} [1-9]/);
    expect(metrics).toMatch(/headwater_ingest_bytes_total\{service="ingest"\} [1-9]/);
    expect(metrics).toMatch(/headwater_ingest_active_publishers\{service="ingest"\} 0/);
    expect(metrics).toMatch(/headwater_ingest_publish_ack_seconds_count\{service="ingest"\} [1-9]/);
  });
});
