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
    expect(answers.every((answer) => answer === bytes)).toBe(true);
    expect(fetches).toBe(1);
    expect(store.get(sha256(bytes), fetch)).toBe(bytes);
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
    expect(await store.get(sha256(bytes), async () => bytes)).toBe(bytes);
  });
});
