import { createHash } from 'node:crypto';
import type { TrackWindow, WindowPart } from '#shared/contracts';
import { LiveWindowReader } from '#shared/live-window';
import { WindowUnavailableError } from '../domain/errors.ts';
import { ChunkBytes, Clock } from '../ports.ts';
import { HotParts } from './hot-parts.store.ts';

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Stream sequence 7 and 8 make part 0, 9 is part 1. */
const CHUNKS = new Map([7, 8, 9].map((sequence) => [sequence, Buffer.from(`chunk ${sequence}`)]));

function part(partIndex: number, sequences: readonly number[]): WindowPart {
  const bytes = sequences.map((sequence) => CHUNKS.get(sequence) ?? Buffer.alloc(0));
  const chunks = sequences.map((streamSequence, index) => ({
    streamSequence,
    sizeBytes: bytes[index]?.length ?? 0,
    sha256: sha256Of(bytes[index] ?? Buffer.alloc(0)),
  }));
  const whole = Buffer.concat(bytes);
  return { partIndex, durationMs: 200, independent: false, sizeBytes: whole.length, sha256: sha256Of(whole), chunks };
}

const PARTS = [part(0, [7, 8]), part(1, [9])];
const ASKED = { inputId: 'li_1', trackId: 1, mediaSequence: 3, parts: PARTS };
const WHOLE = ['chunk 7chunk 8', 'chunk 9'];

type Reading = () => Promise<Array<Buffer | undefined>>;

class Window extends LiveWindowReader {
  reads = 0;
  answer: Reading = () => Promise.resolve([undefined, undefined]);

  readInput(): Promise<TrackWindow[]> {
    return Promise.resolve([]);
  }

  readParts(): Promise<Array<Buffer | undefined>> {
    this.reads += 1;
    return this.answer();
  }

  readSegment(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

class Stream extends ChunkBytes {
  readonly asked: number[] = [];
  chunks: ReadonlyMap<number, Buffer> = CHUNKS;
  isAway = false;

  get(streamSequence: number): Promise<Buffer | undefined> {
    this.asked.push(streamSequence);
    return this.isAway ? Promise.reject(new Error('no responders')) : Promise.resolve(this.chunks.get(streamSequence));
  }
}

class SetClock extends Clock {
  now = 5000;

  nowMs(): number {
    return this.now;
  }
}

describe('HotParts', () => {
  let reader: Window;
  let chunks: Stream;
  let clock: SetClock;
  let parts: HotParts;
  beforeEach(() => {
    [reader, chunks, clock] = [new Window(), new Stream(), new SetClock()];
    parts = new HotParts({ reader, chunks, clock });
  });

  const texts = async (): Promise<Array<string | undefined>> =>
    (await parts.read(ASKED)).map((bytes) => bytes?.toString());

  it('takes from the hot window what it has, and only the rest from the bus', async () => {
    reader.answer = () => Promise.resolve([Buffer.from('hot'), undefined]);
    expect(await texts()).toEqual(['hot', 'chunk 9']);
    expect(chunks.asked).toEqual([9]);
  });

  it('does without a window that fails, and leaves it alone for a while', async () => {
    reader.answer = () => Promise.reject(new Error('connection is closed'));
    expect(await texts()).toEqual(WHOLE);
    expect(await texts()).toEqual(WHOLE);
    expect(reader.reads).toBe(1);
    clock.now += 2000;
    await parts.read(ASKED);
    expect(reader.reads).toBe(2);
  });

  it('does without a window that does not answer', async () => {
    reader.answer = () => new Promise(() => undefined);
    expect(await texts()).toEqual(WHOLE);
  });

  it('has nothing where the bus has other bytes under these numbers, or none', async () => {
    chunks.chunks = new Map([
      [7, Buffer.from('chunk 7')],
      [8, Buffer.from('another')],
    ]);
    expect(await texts()).toEqual([undefined, undefined]);
  });

  it('says so when neither can be asked, and has nothing when only the window could', async () => {
    chunks.isAway = true;
    expect(await texts()).toEqual([undefined, undefined]);
    reader.answer = () => Promise.reject(new Error('connection is closed'));
    await expect(parts.read(ASKED)).rejects.toThrow(WindowUnavailableError);
  });
});
