import { ticksToMs } from '#timeline';
import type { JournalChunk, WindowPart, WindowSegment } from '#shared/contracts';
import type { MediaChunk } from './media-event.ts';
import { RunningSha256, sha256Of } from './running-sha256.ts';

/** A segment that still takes chunks. */
export interface OpenSegment {
  readonly trackId: number;
  readonly kind: MediaChunk['kind'];
  readonly mediaSequence: number;
  readonly epoch: number;
  readonly anchorEpochMs: number;
  readonly timescale: number;
  readonly initSha256: string;
  /** Decode time of the first chunk. */
  readonly decodeTimeTicks: bigint;
  /** End of the last chunk. */
  readonly endTicks: bigint;
  readonly chunks: readonly JournalChunk[];
  /** Decode time of the newest independent chunk, if any. */
  readonly independentAtTicks: bigint | undefined;
  readonly parts: readonly WindowPart[];
  /** Chunks after the last finished part. */
  readonly unfinished: readonly MediaChunk[];
  readonly digest: RunningSha256;
}

/** A part that is whole, with its bytes. */
export interface FinishedPart {
  readonly part: WindowPart;
  readonly bytes: Uint8Array;
}

/** The segment that this chunk begins. */
export function openSegment(mediaSequence: number, chunk: MediaChunk): OpenSegment {
  return addChunk(
    {
      trackId: chunk.trackId,
      kind: chunk.kind,
      mediaSequence,
      epoch: chunk.epoch,
      anchorEpochMs: chunk.anchorEpochMs,
      timescale: chunk.timescale,
      initSha256: chunk.initSha256,
      decodeTimeTicks: chunk.decodeTimeTicks,
      endTicks: chunk.decodeTimeTicks,
      chunks: [],
      independentAtTicks: undefined,
      parts: [],
      unfinished: [],
      digest: new RunningSha256(),
    },
    chunk,
  );
}

/** The segment with one more chunk. */
export function addChunk(segment: OpenSegment, chunk: MediaChunk): OpenSegment {
  const { streamSequence, sha256, durationTicks, independent, bytes } = chunk;
  const endTicks = chunk.decodeTimeTicks + durationTicks;
  return {
    ...segment,
    endTicks: endTicks > segment.endTicks ? endTicks : segment.endTicks,
    chunks: [...segment.chunks, { streamSequence, sizeBytes: bytes.length, sha256, durationTicks, independent }],
    independentAtTicks: independent ? chunk.decodeTimeTicks : segment.independentAtTicks,
    unfinished: [...segment.unfinished, chunk],
    digest: segment.digest.add(bytes),
  };
}

/** Makes a part of the chunks that are in none yet; nothing when there are none. */
export function finishPart(segment: OpenSegment): { segment: OpenSegment; finished?: FinishedPart } {
  const [first, ...others] = segment.unfinished;
  if (first === undefined) return { segment };
  const chunks = [first, ...others];
  const bytes = others.length === 0 ? first.bytes : Buffer.concat(chunks.map((chunk) => chunk.bytes));
  const part: WindowPart = {
    partIndex: segment.parts.length,
    durationMs: ticksToMs(segment.endTicks - first.decodeTimeTicks, segment.timescale),
    independent: chunks.some((chunk) => chunk.independent),
    sizeBytes: bytes.length,
    sha256: others.length === 0 ? first.sha256 : sha256Of(bytes),
    streamSequences: chunks.map((chunk) => chunk.streamSequence),
  };
  return { segment: { ...segment, parts: [...segment.parts, part], unfinished: [] }, finished: { part, bytes } };
}

/** Whether decoding can start with the segment. */
export const isIndependent = (segment: OpenSegment): boolean => segment.chunks[0]?.independent ?? false;

/** Wall clock of a segment's first sample, ms. */
export const startOf = (segment: Pick<OpenSegment, 'anchorEpochMs' | 'decodeTimeTicks' | 'timescale'>): number =>
  Math.round((segment.anchorEpochMs + ticksToMs(segment.decodeTimeTicks, segment.timescale)) * 1000) / 1000;

/** The segment as a window shows it, whose bytes are those of its finished parts. */
export function windowSegmentOf(segment: OpenSegment): WindowSegment {
  const durationMs = segment.parts.reduce((sum, part) => sum + part.durationMs, 0);
  return {
    mediaSequence: segment.mediaSequence,
    epoch: segment.epoch,
    discontinuitySequence: segment.epoch,
    startEpochMs: startOf(segment),
    durationMs: Math.round(durationMs * 1000) / 1000,
    independent: isIndependent(segment),
    initSha256: segment.initSha256,
    sizeBytes: segment.parts.reduce((sum, part) => sum + part.sizeBytes, 0),
    parts: [...segment.parts],
  };
}
