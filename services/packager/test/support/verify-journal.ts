import { CHAIN_START, isSignedBy, nextChainValue, signingKeyOf } from '#provenance';
import type { SegmentClosed } from '#shared/contracts';
import { SIGNING_SEED } from './packager-rig.ts';

/** Throws unless media sequences have no hole, no chunk is in two segments, and the chain verifies from the start, with its signatures. */
export function verifyJournal(records: readonly SegmentClosed[]): void {
  const { publicKey } = signingKeyOf(SIGNING_SEED);
  let chain = CHAIN_START;
  let lastSequence = 0;
  let fence = 0;
  for (const [index, record] of records.entries()) {
    chain = nextChainValue(chain, record);
    expect(record.mediaSequence).toBe(index);
    expect(record.chain).toBe(chain);
    expect(record.fence).toBeGreaterThanOrEqual(fence);
    fence = record.fence;
    expect(record.signature !== undefined && isSignedBy(publicKey, record, record.signature)).toBe(true);
    for (const chunk of record.chunks) {
      expect(chunk.streamSequence).toBeGreaterThan(lastSequence);
      lastSequence = chunk.streamSequence;
    }
  }
}
