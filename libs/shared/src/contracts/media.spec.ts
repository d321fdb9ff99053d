import fc from 'fast-check';
import { z } from 'zod';
import { ChunkHeaders, partitionOf } from './media.ts';

const facts: ChunkHeaders = {
  'Hw-Epoch': 2,
  'Hw-Anchor-Ms': 1_763_680_000_123.25,
  'Hw-Decode-Time': 17_000_000_000_000_001n,
  'Hw-Duration': 5_000_000n,
  'Hw-Timescale': 10_000_000,
  'Hw-Independent': true,
  'Hw-Ingested-Ms': 1_763_680_000_500,
  'Hw-Sha256': 'a'.repeat(64),
  'Hw-Init-Sha256': 'b'.repeat(64),
  'Hw-Session': 's1',
};

describe('chunk headers', () => {
  it('carry decode times beyond 2^53 exactly', () => {
    const wire = z.encode(ChunkHeaders, facts);
    expect(wire['Hw-Decode-Time']).toBe('17000000000000001');
    expect(z.decode(ChunkHeaders, wire)).toEqual(facts);
  });

  it('refuse a decode time that is not a decimal integer', () => {
    expect(() => z.decode(ChunkHeaders, { ...z.encode(ChunkHeaders, facts), 'Hw-Decode-Time': '1e9' })).toThrow(
      /decimal integer/,
    );
  });

  it('survive any pair of epoch and decode time', () => {
    fc.assert(
      fc.property(fc.nat(), fc.bigInt(0n, 2n ** 63n - 1n), (epoch, ticks) => {
        const wire = z.encode(ChunkHeaders, { ...facts, 'Hw-Epoch': epoch, 'Hw-Decode-Time': ticks });
        expect(z.decode(ChunkHeaders, wire)['Hw-Decode-Time']).toBe(ticks);
      }),
    );
  });
});

describe('the partition of an input', () => {
  it('is the same everywhere and within the count', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 256 }), (inputId, count) => {
        const partition = partitionOf(inputId, count);
        expect(partition).toBe(partitionOf(inputId, count));
        expect(partition).toBeGreaterThanOrEqual(0);
        expect(partition).toBeLessThan(count);
      }),
    );
  });

  it('spreads inputs: 8,000 ids fill each of 8 partitions within a quarter of the mean', () => {
    const counts = Array.from({ length: 8 }, () => 0);
    for (let i = 0; i < 8000; i += 1) {
      const partition = partitionOf(`li_${i.toString(36).padStart(12, 'x')}`, 8);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(750);
    expect(Math.max(...counts)).toBeLessThan(1250);
  });
});
