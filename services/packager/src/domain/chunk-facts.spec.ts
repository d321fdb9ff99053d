import { readFileSync } from 'node:fs';
import { CmafReader, readInit } from '#cmaf';
import { chunkOf } from '../../test/media.ts';
import { chunkFactsOf } from './chunk-facts.ts';

/** The first track and the first chunk of a fixture. */
function fixture(name: string) {
  const reader = new CmafReader({ maxBoxBytes: 1 << 22, maxChunkBytes: 1 << 22, maxInitBytes: 1 << 16 });
  const units = reader.push(readFileSync(new URL(`../../../../fixtures/media/${name}`, import.meta.url)));
  const init = units.find((unit) => unit.kind === 'init');
  const chunk = units.find((unit) => unit.kind === 'chunk');
  return { facts: readInit(init!.bytes).tracks[0]!, bytes: chunk!.bytes };
}

describe('what the bytes of a chunk say', () => {
  it('is where its first sample ends, of video that begins with a keyframe', () => {
    const { facts, bytes } = fixture('h264.cmfv');
    const { chunk, unusableMarker } = chunkFactsOf(chunkOf({ streamSequence: 1, bytes }), facts);
    expect(chunk.kind).toBe('video');
    expect(chunk.keyframeEndBytes).toBeGreaterThan(Buffer.from(bytes).indexOf('mdat'));
    expect(chunk.keyframeEndBytes).toBeLessThan(bytes.length);
    expect(unusableMarker).toBeUndefined();
  });

  it('has no keyframe where decoding cannot start, in audio, and in bytes that are no chunk', () => {
    const video = fixture('h264.cmfv');
    const audio = fixture('aac.cmfa');
    const endOf = (of: typeof video, independent: boolean, bytes = of.bytes): number | undefined =>
      chunkFactsOf(chunkOf({ streamSequence: 1, bytes, independent }), of.facts).chunk.keyframeEndBytes;
    expect(endOf(video, false)).toBeUndefined();
    expect(endOf(audio, true)).toBeUndefined();
    expect(endOf(video, true, Buffer.from('no boxes at all'))).toBeUndefined();
  });
});
