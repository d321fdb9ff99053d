import { CHAIN_START, type SegmentReport } from '#provenance';
import type { ChainSignature, SegmentClosed, TrackWindow, WindowSegment } from '#shared/contracts';

/** What only the origin's stores know of a segment. */
export interface KnownBeside {
  /** Whether the init segment carries C2PA boxes; null when it is gone. */
  readonly initCredentials: boolean | null;
  /** The value of the chain before the segment; undefined when it is not known. */
  readonly previousChain: string | undefined;
}

/** The segment before this one of its window, when it is the one that the chain goes on from. */
export const segmentBefore = ({ segments }: TrackWindow, mediaSequence: number): WindowSegment | undefined =>
  segments.find((segment) => segment.mediaSequence === mediaSequence - 1);

/** A closed segment of a window as it is reported; undefined when it has no link. */
export function windowSegmentReport(segment: WindowSegment, beside: KnownBeside): SegmentReport | undefined {
  if (segment.chain === undefined) return undefined;
  const chunks = segment.parts.flatMap((part) => part.chunks);
  return reportOf({ ...segment, chain: segment.chain, chunks }, beside);
}

/** A journal record as it is reported: the same as its segment had in the window. */
export const journalRecordReport = (record: SegmentClosed, beside: KnownBeside): SegmentReport =>
  reportOf(record, beside);

interface Chained {
  readonly mediaSequence: number;
  readonly epoch: number;
  readonly startEpochMs: number;
  readonly durationMs: number;
  readonly gap?: true | undefined;
  readonly contentCredentials?: true | undefined;
  readonly initSha256: string;
  readonly sizeBytes: number;
  readonly chunks: ReadonlyArray<{ readonly sizeBytes: number; readonly sha256: string }>;
  readonly chain: string;
  readonly signature?: ChainSignature | undefined;
}

function reportOf(segment: Chained, { initCredentials, previousChain }: KnownBeside): SegmentReport {
  const { mediaSequence, epoch, startEpochMs, durationMs, sizeBytes, chain, signature = null } = segment;
  return {
    mediaSequence,
    epoch,
    startEpochMs,
    durationMs,
    ...(segment.gap ? { gap: true } : {}),
    init: { sha256: segment.initSha256, contentCredentials: initCredentials },
    sizeBytes,
    chunks: segment.chunks.map((chunk) => ({ sizeBytes: chunk.sizeBytes, sha256: chunk.sha256 })),
    contentCredentials: segment.contentCredentials ?? false,
    previousChain: mediaSequence === 0 ? CHAIN_START : (previousChain ?? null),
    chain,
    signature,
  };
}

/** Tracks of one multiplexed upload have its name in common: their bytes were born when the origin split them. */
export const chainStartOf = (window: TrackWindow, all: readonly TrackWindow[]): 'upload' | 'split' =>
  all.some((other) => other.track.trackId !== window.track.trackId && other.track.name === window.track.name)
    ? 'split'
    : 'upload';
