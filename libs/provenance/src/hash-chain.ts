import { createHash } from 'node:crypto';

/** What stands before the first segment of a track. */
export const CHAIN_START = '0'.repeat(64);

/** What a link of the chain says of one segment. A gap has no chunks. */
export interface ChainLink {
  readonly epoch: number;
  readonly mediaSequence: number;
  readonly initSha256: string;
  readonly chunks: ReadonlyArray<{ readonly sha256: string }>;
}

/**
 * H(n) = SHA-256(H(n−1) ‖ epoch ‖ msn ‖ init hash ‖ chunk hashes) (design decision 20), lowercase hex.
 * Hashes are 32 raw bytes; epoch and media sequence are 64-bit big-endian; before the first segment H is 32 zero bytes.
 */
export function nextChainValue(previous: string, link: ChainLink): string {
  const numbers = Buffer.alloc(16);
  numbers.writeBigUInt64BE(BigInt(link.epoch), 0);
  numbers.writeBigUInt64BE(BigInt(link.mediaSequence), 8);
  const hash = createHash('sha256').update(previous, 'hex').update(numbers).update(link.initSha256, 'hex');
  for (const chunk of link.chunks) hash.update(chunk.sha256, 'hex');
  return hash.digest('hex');
}
