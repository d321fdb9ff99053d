import { readFileSync } from 'node:fs';
import { CmafError, CmafReader } from '#cmaf';
import { describeTrack, trackFactsOf } from './track-description.ts';

function unitsOf(name: string) {
  const bytes = readFileSync(new URL(`../../../../fixtures/media/${name}`, import.meta.url));
  const units = new CmafReader({ maxBoxBytes: 1 << 20, maxChunkBytes: 1 << 20, maxInitBytes: 1 << 16 }).push(bytes);
  const init = units.find((unit) => unit.kind === 'init');
  const chunk = units.find((unit) => unit.kind === 'chunk');
  if (init === undefined || chunk === undefined) throw new Error(`expected an init and a chunk in ${name}`);
  return { facts: trackFactsOf(init.bytes), firstChunk: chunk.bytes };
}

describe('the description of a track', () => {
  it('takes the frame rate from the first chunk where the init leaves it open', () => {
    const { facts, firstChunk } = unitsOf('h264.cmfv');
    const { frameRate: _frameRate, ...open } = facts;
    const described = describeTrack(open, { trackId: 7, name: 'cam', firstChunk });
    expect(described).toMatchObject({ trackId: 7, name: 'cam', kind: 'video', codec: facts.codec });
    expect(described.frameRate).toBe(30);
  });

  it('has the channels and sample rate of audio, and no frame rate', () => {
    const { facts, firstChunk } = unitsOf('aac.cmfa');
    const described = describeTrack(facts, { trackId: 2, name: '', firstChunk });
    expect(described).toMatchObject({ kind: 'audio', codec: 'mp4a.40.2', sampleRate: facts.sampleRate });
    expect(described).not.toHaveProperty('frameRate');
  });

  it('does without a frame rate where the first chunk cannot be read', () => {
    const { facts } = unitsOf('h264.cmfv');
    const { frameRate: _frameRate, ...open } = facts;
    const firstChunk = Buffer.from('this is no chunk at all');
    expect(describeTrack(open, { trackId: 1, name: '', firstChunk })).not.toHaveProperty('frameRate');
  });

  it('refuses bytes that are no init segment', () => {
    expect(() => trackFactsOf(Buffer.from('nonsense'))).toThrow(CmafError);
  });
});
