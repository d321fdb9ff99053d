import { createHash } from 'node:crypto';
import { Metrics } from '#shared/observability';
import { SegmentBytes } from './segment-bytes.store.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const bytes = Buffer.from('a segment');

function storeWith(corrupt: string[] = []): SegmentBytes {
  const metrics = new Metrics('test');
  const counters = { hits: metrics.counter('hits', 'h'), misses: metrics.counter('misses', 'm') };
  return new SegmentBytes({ limitBytes: 100, counters, onCorrupt: (hash) => corrupt.push(hash) });
}

describe('SegmentBytes', () => {
  it('fetches once for a hundred who ask at the same time', async () => {
    const store = storeWith();
    let fetches = 0;
    const fetch = async (): Promise<Buffer> => {
      fetches += 1;
      return bytes;
    };
    const answers = await Promise.all(Array.from({ length: 100 }, async () => store.get(sha256(bytes), fetch)));
    expect(answers.every((answer) => answer?.equals(bytes))).toBe(true);
    expect(fetches).toBe(1);
    expect(store.get(sha256(bytes), fetch)).toEqual(bytes);
  });

  it('gives no bytes that are not those of the hash', async () => {
    const corrupt: string[] = [];
    const store = storeWith(corrupt);
    expect(await store.get(sha256(bytes), async () => Buffer.from('others'))).toBeUndefined();
    expect(corrupt).toEqual([sha256(bytes)]);
  });

  it('does not keep that something was absent', async () => {
    const store = storeWith();
    expect(await store.get(sha256(bytes), async () => undefined)).toBeUndefined();
    expect(await store.get(sha256(bytes), async () => bytes)).toEqual(bytes);
  });

  it('brings a series together from memory and one fetch of the rest', async () => {
    const store = storeWith();
    const items = ['one', 'two', 'three'].map((text) => ({ text, sha256: sha256(Buffer.from(text)) }));
    const asked: string[][] = [];
    const fetch = async (missing: ReadonlyArray<{ text: string }>): Promise<Buffer[]> => {
      asked.push(missing.map(({ text }) => text));
      return missing.map(({ text }) => Buffer.from(text));
    };
    await store.get(sha256(Buffer.from('two')), async () => Buffer.from('two'));
    const both = await Promise.all([store.series('s', items, fetch), store.series('s', items, fetch)]);
    for (const pieces of both) expect(Buffer.concat(pieces ?? []).toString()).toBe('onetwothree');
    expect(await store.series('s', items, fetch)).toHaveLength(3);
    expect(asked).toEqual([['one', 'three']]);
  });

  it('gives no series that lacks a piece, but keeps the pieces that came', async () => {
    const store = storeWith();
    const items = ['one', 'two'].map((text) => ({ sha256: sha256(Buffer.from(text)) }));
    expect(await store.series('s', items, async () => [Buffer.from('one'), undefined])).toBeUndefined();
    const missed: number[] = [];
    await store.series('s', items, async (missing) => {
      missed.push(missing.length);
      return [Buffer.from('two')];
    });
    expect(missed).toEqual([1]);
  });
});
