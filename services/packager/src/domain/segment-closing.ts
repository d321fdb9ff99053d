import { CHAIN_START, nextChainValue } from '#provenance';
import { ticksToMs } from '#timeline';
import type { PresentationNumbers, WindowSegment } from '#shared/contracts';
import { gapEnd, type Loss } from './gap.ts';
import type { MediaChunk } from './media-event.ts';
import { finishPart, isIndependent, startOf, windowSegmentOf, type OpenSegment } from './open-segment.ts';
import { isTooLong, isTooShort } from './part-cut.ts';
import { sha256Of } from './running-sha256.ts';
import { overflowsTarget } from './segment-boundary.ts';
import {
  lowest,
  pendingFrom,
  setTrack,
  type ClosedSegment,
  type Effect,
  type ProblemEffect,
  type SegmenterState,
  type Step,
} from './segmenter-state.ts';

/** Why and under which numbers a segment is closed; `next`: the message that closed it and is in no segment yet. */
export interface Closing {
  /** The init segment that ended it. */
  readonly nextInitSha256?: string;
  readonly closedBy: ClosedSegment['closedBy'];
  readonly numbers: PresentationNumbers;
  readonly next?: number;
}

const HASH_OF_NOTHING = sha256Of(new Uint8Array());

/** Makes a part of what is unfinished; its effect is added. `full`: it is the last one of its segment. */
export function finishOpenPart(open: OpenSegment, full: boolean, effects: Effect[]): OpenSegment {
  const { segment, finished } = finishPart(open);
  if (finished === undefined) return segment;
  const shown: WindowSegment = { ...windowSegmentOf(segment), ...(full ? { full } : {}) };
  effects.push({ kind: 'part_finished', trackId: open.trackId, segment: shown, ...finished });
  return segment;
}

/** Closes the open segment of a track. */
export function closeOpen(state: SegmenterState, open: OpenSegment, how: Closing): Step {
  const effects: Effect[] = [];
  const segment = finishOpenPart(open, true, effects);
  const track = state.tracks.get(open.trackId);
  const closed = closedOf(segment, how.closedBy, track?.chain ?? CHAIN_START);
  const after = setTrack(state, open.trackId, {
    nextMediaSequence: segment.mediaSequence + 1,
    chain: closed.chain,
    epoch: segment.epoch,
    lastDecodeTimeTicks: track?.lastDecodeTimeTicks ?? segment.decodeTimeTicks,
    closedThrough: segment.chunks.at(-1)?.streamSequence ?? 0,
    end: { epoch: segment.epoch, ticks: segment.endTicks, timescale: segment.timescale },
    cadence: segment.cadence,
    markers: segment.markers,
    open: undefined,
  });
  const shown = windowSegmentOf(segment);
  const { durationMs, sha256, chain, keyframes } = closed;
  effects.push({
    kind: 'segment_closed',
    trackId: open.trackId,
    closed,
    segment: {
      ...shown,
      durationMs,
      sha256,
      chain,
      ...(keyframes === undefined ? {} : { keyframes }),
      ...(how.nextInitSha256 === undefined ? {} : { nextInitSha256: how.nextInitSha256 }),
    },
    pendingFrom: lowest([pendingFrom(after), how.next]),
  });
  return { state: after, effects: [...effects, ...problemsOf(segment, how)] };
}

/** Closes gap segments over what a track lost before this chunk (design decision 10). */
export function closeGaps(state: SegmenterState, loss: Loss, chunk: MediaChunk, numbers: PresentationNumbers): Step {
  const { trackId, timescale } = chunk;
  const lostMs = ticksToMs(loss.toTicks - loss.fromTicks, timescale);
  const sentence = `expected decode time ${loss.fromTicks}, got ${chunk.decodeTimeTicks}: ${lostMs} ms are served as a gap`;
  const effects: Effect[] = [{ kind: 'problem', trackId, code: 'media_lost', sentence }];
  let current = state;
  for (let fromTicks = loss.fromTicks; fromTicks < loss.toTicks;) {
    const toTicks = gapEnd({ fromTicks, toTicks: loss.toTicks }, timescale, numbers);
    const step = closeGap(current, { fromTicks, toTicks }, chunk);
    current = step.state;
    effects.push(...step.effects);
    fromTicks = toTicks;
  }
  return { state: current, effects };
}

function closeGap(state: SegmenterState, gap: Loss, chunk: MediaChunk): Step {
  const track = state.tracks.get(chunk.trackId);
  if (track === undefined) return { state, effects: [] };
  const closed = gapOf(gap, chunk, { mediaSequence: track.nextMediaSequence, previousChain: track.chain });
  const after = setTrack(state, chunk.trackId, {
    ...track,
    nextMediaSequence: closed.mediaSequence + 1,
    chain: closed.chain,
    lastDecodeTimeTicks: gap.toTicks - 1n,
    end: { epoch: chunk.epoch, ticks: gap.toTicks, timescale: chunk.timescale },
  });
  const { mediaSequence, epoch, startEpochMs, durationMs, initSha256, chain } = closed;
  const segment: WindowSegment = {
    mediaSequence,
    epoch,
    discontinuitySequence: epoch,
    startEpochMs,
    durationMs,
    independent: false,
    initSha256,
    sizeBytes: 0,
    parts: [],
    gap: true,
    chain,
  };
  const pending = lowest([pendingFrom(after), chunk.streamSequence]);
  return {
    state: after,
    effects: [{ kind: 'segment_closed', trackId: chunk.trackId, closed, segment, pendingFrom: pending }],
  };
}

function gapOf(
  { fromTicks, toTicks }: Loss,
  { epoch, anchorEpochMs, timescale, initSha256 }: MediaChunk,
  place: { mediaSequence: number; previousChain: string },
): ClosedSegment {
  const { mediaSequence, previousChain } = place;
  return {
    epoch,
    mediaSequence,
    discontinuitySequence: epoch,
    startEpochMs: startOf({ anchorEpochMs, decodeTimeTicks: fromTicks, timescale }),
    durationMs: ticksToMs(toTicks - fromTicks, timescale),
    decodeTimeTicks: fromTicks,
    durationTicks: toTicks - fromTicks,
    timescale,
    independent: false,
    initSha256,
    sizeBytes: 0,
    sha256: HASH_OF_NOTHING,
    chain: nextChainValue(previousChain, { epoch, mediaSequence, initSha256, chunks: [] }),
    gap: true,
    chunks: [],
    partChunkCounts: [],
    closedBy: 'gap',
  };
}

function closedOf(segment: OpenSegment, closedBy: ClosedSegment['closedBy'], previousChain: string): ClosedSegment {
  const durationTicks = segment.endTicks - segment.decodeTimeTicks;
  const { epoch, mediaSequence, decodeTimeTicks, timescale, initSha256, keyframes, markers, contentCredentials } =
    segment;
  return {
    epoch,
    mediaSequence,
    discontinuitySequence: epoch,
    startEpochMs: startOf(segment),
    durationMs: ticksToMs(durationTicks, timescale),
    decodeTimeTicks,
    durationTicks,
    timescale,
    independent: isIndependent(segment),
    initSha256,
    sizeBytes: segment.sizeBytes,
    sha256: segment.digest.hex(),
    chain: nextChainValue(previousChain, segment),
    ...(keyframes.length === 0 ? {} : { keyframes: [...keyframes] }),
    ...(markers.length === 0 ? {} : { markers: [...markers] }),
    ...(contentCredentials ? { contentCredentials } : {}),
    chunks: [...segment.chunks],
    partChunkCounts: segment.parts.map((part) => part.chunks.length),
    closedBy,
  };
}

function problemsOf(segment: OpenSegment, how: Closing): ProblemEffect[] {
  const { numbers } = how;
  const { trackId, mediaSequence } = segment;
  const problems: ProblemEffect[] = [];
  const uneven = unevenPart(segment, numbers.partTargetMs);
  if (uneven !== undefined) problems.push({ kind: 'problem', trackId, code: 'part_duration_uneven', sentence: uneven });
  if (how.closedBy === 'forced_cut') {
    const sentence = `expected a keyframe at least every ${numbers.segmentTargetMs} ms, segment ${mediaSequence} had to be cut without one`;
    problems.push({ kind: 'problem', trackId, code: 'keyframe_interval_too_long', sentence });
  } else if (overflowsTarget(segment, segment.endTicks, numbers)) {
    const sentence = `expected chunks that fit EXT-X-TARGETDURATION ${numbers.targetDurationSec}, segment ${mediaSequence} is one chunk that does not`;
    problems.push({ kind: 'problem', trackId, code: 'segment_longer_than_target', sentence });
  }
  return problems;
}

/** Says which part breaks RFC 8216bis 4.4.4.9, if any. Text and metadata are listed by whole segments. */
function unevenPart({ kind, mediaSequence, parts }: OpenSegment, targetMs: number | undefined): string | undefined {
  if (targetMs === undefined || (kind !== 'video' && kind !== 'audio')) return undefined;
  const uneven = parts.find(({ durationMs, independent, partIndex }) => {
    const length = { durationTicks: BigInt(Math.round(durationMs * 1000)), timescale: 1_000_000, independent };
    return isTooLong(length, targetMs) || (partIndex < parts.length - 1 && isTooShort(length, targetMs));
  });
  if (uneven === undefined) return undefined;
  return `expected parts of 85 % to 100 % of ${targetMs} ms, part ${mediaSequence}.${uneven.partIndex} is ${uneven.durationMs} ms`;
}
