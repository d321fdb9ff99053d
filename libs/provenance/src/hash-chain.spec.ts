import { createHash } from 'node:crypto';
import { CHAIN_START, nextChainValue, type ChainLink } from './hash-chain.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const link: ChainLink = {
  epoch: 3,
  mediaSequence: 2 ** 33,
  initSha256: hashOf('init'),
  chunks: [{ sha256: hashOf('a') }, { sha256: hashOf('b') }],
};

describe('nextChainValue', () => {
  it('hashes the raw bytes of what the design decision names, in its order', () => {
    const bytes = Buffer.concat([
      Buffer.alloc(32),
      Buffer.from('0000000000000003', 'hex'),
      Buffer.from('0000000200000000', 'hex'),
      ...['init', 'a', 'b'].map((text) => createHash('sha256').update(text).digest()),
    ]);
    expect(nextChainValue(CHAIN_START, link)).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('has a value for a gap, which has no chunks', () => {
    const gap = nextChainValue(CHAIN_START, { ...link, chunks: [] });
    expect(gap).toMatch(/^[0-9a-f]{64}$/);
    expect(gap).not.toBe(nextChainValue(CHAIN_START, link));
  });
});
