import { createHash } from 'node:crypto';
import { isSignedBy, keyIdOf, type ChainPosition } from './chain-signature.ts';
import { CHAIN_START, nextChainValue } from './hash-chain.ts';
import type { SegmentReport, TrackReport } from './report.ts';

/** What is wrong with a segment. */
export type FindingCode = 'bytes_differ' | 'chain_broken' | 'signature_bad';

/** One thing wrong with one segment; `message` says what was expected and what came. */
export interface Finding {
  readonly mediaSequence: number;
  readonly code: FindingCode;
  readonly message: string;
}

/** The bytes of a segment as they were served. */
export interface ServedSegment {
  readonly init: Uint8Array;
  readonly media: Uint8Array;
}

/** The public keys that a verifier trusts, base64url by key id. */
export type TrustedKeys = ReadonlyMap<string, string>;

/** Trusted keys by their own ids; throws RangeError for a text that is no public key. */
export const trustedKeys = (publicKeys: Iterable<string>): TrustedKeys =>
  new Map(Array.from(publicKeys, (publicKey) => [keyIdOf(publicKey), publicKey]));

/**
 * Checks reports that follow each other in the order of a playlist: every value is recomputed, goes on from the one before it,
 * no number is left out, and every signature is that of a trusted key.
 */
export function verifyLinks(report: Omit<TrackReport, 'format'>, keys: TrustedKeys): Finding[] {
  const findings: Finding[] = [];
  let before: SegmentReport | undefined;
  for (const segment of report.segments) {
    const { mediaSequence } = segment;
    const chainFault = faultOfChain(segment, before);
    if (chainFault !== undefined) findings.push({ mediaSequence, code: 'chain_broken', message: chainFault });
    const { inputId, trackId } = report;
    const signatureFault = faultOfSignature({ ...segment, inputId, trackId }, segment, keys);
    if (signatureFault !== undefined) findings.push({ mediaSequence, code: 'signature_bad', message: signatureFault });
    before = segment;
  }
  return findings;
}

/** Compares what was served with what is reported: the init segment, and each chunk at its place. */
export function verifyBytes(served: ServedSegment, segment: SegmentReport): Finding[] {
  const finding = (message: string): Finding => ({
    mediaSequence: segment.mediaSequence,
    code: 'bytes_differ',
    message,
  });
  const findings: Finding[] = [];
  const initSha256 = sha256Of(served.init);
  if (initSha256 !== segment.init.sha256) {
    findings.push(finding(`init segment: expected SHA-256 ${segment.init.sha256}, got ${initSha256}`));
  }
  const reportedBytes = segment.chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
  if (served.media.length !== reportedBytes) {
    return [
      ...findings,
      finding(`expected ${reportedBytes} bytes in ${segment.chunks.length} chunks, got ${served.media.length}`),
    ];
  }
  let at = 0;
  for (const [index, chunk] of segment.chunks.entries()) {
    const sha256 = sha256Of(served.media.subarray(at, at + chunk.sizeBytes));
    at += chunk.sizeBytes;
    if (sha256 !== chunk.sha256) {
      findings.push(finding(`chunk ${index}: expected SHA-256 ${chunk.sha256}, got ${sha256}`));
    }
  }
  return findings;
}

function faultOfChain(segment: SegmentReport, before: SegmentReport | undefined): string | undefined {
  const { mediaSequence } = segment;
  if (before !== undefined && mediaSequence !== before.mediaSequence + 1) {
    return `expected segment ${before.mediaSequence + 1} after ${before.mediaSequence}, got ${mediaSequence}`;
  }
  const expected = mediaSequence === 0 ? CHAIN_START : before?.chain;
  const previous = segment.previousChain ?? expected;
  if (previous === undefined) return 'the value before it is not known, so its own cannot be recomputed';
  if (expected !== undefined && previous !== expected) {
    return `expected it to go on from ${expected}, it goes on from ${previous}`;
  }
  const chain = nextChainValue(previous, { ...segment, initSha256: segment.init.sha256 });
  return chain === segment.chain ? undefined : `expected the value ${chain}, the report says ${segment.chain}`;
}

function faultOfSignature(
  position: ChainPosition,
  { signature }: SegmentReport,
  keys: TrustedKeys,
): string | undefined {
  if (signature === null) return 'expected a signature, got none';
  const publicKey = keys.get(signature.keyId);
  if (publicKey === undefined) {
    return `expected the signature of ${[...keys.keys()].join(' or ') || 'a key'}, got one of ${signature.keyId}`;
  }
  return isSignedBy(publicKey, position, signature) ? undefined : `it is not a signature of key ${signature.keyId}`;
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
