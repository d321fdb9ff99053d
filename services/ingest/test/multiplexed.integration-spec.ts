import { readInit, splitInit } from '#cmaf';
import { IngestHarness, sha256, upload } from './harness.ts';
import { fixture, partsOf } from './media.ts';

describe('a multiplexed stream', () => {
  let harness: IngestHarness;
  beforeAll(async () => {
    harness = await IngestHarness.start();
  });
  afterAll(() => harness?.stop());

  it.each(['multiplexed.mp4', 'multiplexed-delay-moov.mp4', 'multiplexed-absolute.mp4'])(
    'becomes one CMAF track each with the sample bytes of %s untouched',
    async (name) => {
      const { row, key, path } = await harness.newInput();
      const file = fixture(name);
      const answer = await upload(harness.port, path, { body: file, headers: { authorization: `Bearer ${key}` } });
      expect(answer.status).toBe(200);

      const { init, chunks: sent } = partsOf(file);
      const inits = await harness.inits(row.id);
      const expected = [...splitInit(init)];
      expect(inits.map(({ trackId, facts }) => `${trackId} ${facts['Hw-Sha256']}`).toSorted()).toEqual(
        expected.map(([trackId, bytes]) => `${trackId} ${sha256(bytes)}`).toSorted(),
      );
      for (const { bytes, trackId } of inits)
        expect(readInit(bytes).tracks.map((one) => one.trackId)).toEqual([trackId]);

      const chunks = await harness.chunks(row.id);
      const contents = (all: Uint8Array[]) => all.reduce((sum, bytes) => sum + mdatBytes(bytes), 0);
      expect(contents(chunks.map(({ bytes }) => bytes))).toBe(contents(sent));
      expect(new Set(chunks.map(({ facts }) => facts['Hw-Anchor-Ms'])).size).toBe(1);
      expect(new Set(chunks.map(({ facts }) => facts['Hw-Epoch']))).toEqual(new Set([0]));
      for (const { trackId } of inits) {
        const track = chunks.filter((one) => one.trackId === trackId).map(({ facts }) => facts);
        for (const [index, facts] of track.slice(1).entries()) {
          const before = track[index];
          expect(facts['Hw-Decode-Time']).toBe((before?.['Hw-Decode-Time'] ?? 0n) + (before?.['Hw-Duration'] ?? 0n));
        }
      }
    },
  );
});

/** Content bytes of the mdat of a chunk. */
function mdatBytes(chunk: Uint8Array): number {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  for (let at = 0; at < chunk.length; at += view.getUint32(at)) {
    if (view.getUint32(at + 4) === 0x6d646174) return view.getUint32(at) - 8;
  }
  return 0;
}
