/** The hash chain over what a track served, and the origin's signature of it: no I/O, no clock. */
export {
  chainText,
  isSignedBy,
  keyIdOf,
  signingKeyOf,
  type ChainPosition,
  type DetachedSignature,
  type SigningKey,
} from './chain-signature.ts';
export { CHAIN_START, nextChainValue, type ChainLink } from './hash-chain.ts';
export { KeysReport, REPORT_FORMAT, SegmentReport, TrackReport } from './report.ts';
export {
  trustedKeys,
  verifyBytes,
  verifyLinks,
  type Finding,
  type FindingCode,
  type ServedSegment,
  type TrustedKeys,
} from './verify-links.ts';
