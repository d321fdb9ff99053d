import { hasContentCredentials } from '#cmaf';
import { ticksToMs } from '#timeline';
import type { JournalChunk, Keyframe, PartChunk, TimedMarker, WindowPart, WindowSegment } from '#shared/contracts';
import { stillActive, withMarkers } from './markers.ts';
import type { MediaChunk } from './media-event.ts';
import type { PartLength } from './part-cut.ts';
import { RunningSha256, sha256Of } from './running-sha256.ts';

/** More than an I-frame playlist needs of one segment. */
const MAX_KEYFRAMES = 256;

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
  readonly sizeBytes: number;
  readonly keyframes: readonly Keyframe[];
  readonly markers: readonly TimedMarker[];
  /** A chunk carries C2PA boxes. */
  readonly contentCredentials: boolean;
  /** Decode time of the newest independent chunk, if any. */
  readonly independentAtTicks: bigint | undefined;
  readonly cadence: KeyframeCadence | undefined;
  readonly parts: readonly WindowPart[];
  /** Chunks after the last finished part. */
  readonly unfinished: readonly MediaChunk[];
  readonly digest: RunningSha256;
}

/** When keyframes come, as far as this process has seen them: what is expected next, and nothing that a segment is cut by. */
export interface KeyframeCadence {
  readonly epoch: number;
  readonly newestTicks: bigint;
  /** Between the newest two; undefined before the second one. */
  readonly gopTicks: bigint | undefined;
}

/** A part that is whole, with its bytes. */
export interface FinishedPart {
  readonly part: WindowPart;
  readonly bytes: Uint8Array;
}

/** The segment that this chunk begins. */
export function openSegment(
  mediaSequence: number,
  chunk: MediaChunk,
  before: Pick<OpenSegment, 'cadence' | 'markers'>,
): OpenSegment {
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
      sizeBytes: 0,
      keyframes: [],
      markers: stillActive(before.markers, startOf(chunk)),
      contentCredentials: false,
      independentAtTicks: undefined,
      cadence: before.cadence,
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
    sizeBytes: segment.sizeBytes + bytes.length,
    keyframes: withKeyframe(segment, chunk),
    markers: withMarkers(segment.markers, chunk.markers),
    contentCredentials: segment.contentCredentials || hasContentCredentials(bytes),
    independentAtTicks: independent ? chunk.decodeTimeTicks : segment.independentAtTicks,
    cadence: independent ? nextCadence(segment.cadence, chunk) : segment.cadence,
    unfinished: [...segment.unfinished, chunk],
    digest: segment.digest.add(bytes),
  };
}

function nextCadence(before: KeyframeCadence | undefined, { epoch, decodeTimeTicks }: MediaChunk): KeyframeCadence {
  const gopTicks = before?.epoch === epoch ? decodeTimeTicks - before.newestTicks : undefined;
  return { epoch, newestTicks: decodeTimeTicks, gopTicks };
}

function withKeyframe(segment: OpenSegment, chunk: MediaChunk): readonly Keyframe[] {
  if (chunk.keyframeEndBytes === undefined || segment.keyframes.length >= MAX_KEYFRAMES) return segment.keyframes;
  const offsetMs = ticksToMs(chunk.decodeTimeTicks - segment.decodeTimeTicks, segment.timescale);
  return [...segment.keyframes, { offsetMs, offsetBytes: segment.sizeBytes, sizeBytes: chunk.keyframeEndBytes }];
}

/** How long the part is that the chunks after the last finished one make, and its last chunk; undefined when there are none. */
export function unfinishedPart(segment: OpenSegment): { length: PartLength; lastTicks: bigint } | undefined {
  const { unfinished, endTicks, timescale } = segment;
  const [first, last] = [unfinished[0], unfinished.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const independent = unfinished.some((chunk) => chunk.independent);
  const durationTicks = endTicks - first.decodeTimeTicks;
  return { length: { durationTicks, timescale, independent }, lastTicks: last.durationTicks };
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
    chunks: chunks.map(partChunkOf),
  };
  return { segment: { ...segment, parts: [...segment.parts, part], unfinished: [] }, finished: { part, bytes } };
}

const partChunkOf = ({ streamSequence, sha256, bytes }: MediaChunk): PartChunk => ({
  streamSequence,
  sizeBytes: bytes.length,
  sha256,
});

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
    ...(segment.markers.length === 0 ? {} : { markers: [...segment.markers] }),
    ...(segment.contentCredentials ? { contentCredentials: true } : {}),
  };
}
