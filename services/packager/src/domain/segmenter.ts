import { ticksToMs } from '#timeline';
import type { PresentationNumbers, SegmentClosed } from '#shared/contracts';
import { CHAIN_START, nextChainValue } from './hash-chain.ts';
import type { MediaChunk, MediaEvent } from './media-event.ts';
import {
  addChunk,
  finishPart,
  isIndependent,
  openSegment,
  startOf,
  windowSegmentOf,
  type OpenSegment,
} from './open-segment.ts';
import { learnNumbers } from './presentation-numbers.ts';
import { cutBefore, isFull, overflowsTarget } from './segment-boundary.ts';
import {
  lowest,
  pendingFrom,
  setTrack,
  type ClosedSegment,
  type Effect,
  type SegmenterState,
  type Step,
  type TrackProgress,
} from './segmenter-state.ts';

/** An input nothing is known of but its numbers, if they are frozen, and its configured segment target. */
export const newSegmenter = (
  numbers: PresentationNumbers | undefined,
  configuredTargetMs: number | undefined,
): SegmenterState => ({ numbers, configuredTargetMs, waiting: [], tracks: new Map() });

/** A track that goes on after its newest journal record. */
export function resumeTrack(state: SegmenterState, record: SegmentClosed): SegmenterState {
  const last = record.chunks.at(-1);
  return setTrack(state, record.trackId, {
    nextMediaSequence: record.mediaSequence + 1,
    chain: record.chain,
    epoch: record.epoch,
    lastDecodeTimeTicks: record.decodeTimeTicks + record.durationTicks - (last?.durationTicks ?? 0n),
    closedThrough: last?.streamSequence ?? 0,
    open: undefined,
  });
}

/** The input after one event: a pure function, so that a successor that reads the same media closes the same segments. */
export function advance(state: SegmenterState, event: MediaEvent): Step {
  if (state.numbers !== undefined) return take(state, event, state.numbers);
  if (state.waiting.length === 0 && event.kind !== 'chunk') return { state, effects: [] };
  const waiting = [...state.waiting, event];
  const proposal = learnNumbers(waiting, state.configuredTargetMs);
  return { state: { ...state, waiting }, effects: [], ...(proposal === undefined ? {} : { proposal }) };
}

/** The numbers are frozen: everything that waited for them is taken. */
export function withNumbers(state: SegmenterState, numbers: PresentationNumbers): Step {
  const effects: Effect[] = [];
  let current: SegmenterState = { ...state, numbers, waiting: [] };
  for (const event of state.waiting) {
    const step = take(current, event, numbers);
    current = step.state;
    effects.push(...step.effects);
  }
  return { state: current, effects };
}

function take(state: SegmenterState, event: MediaEvent, numbers: PresentationNumbers): Step {
  const track = state.tracks.get(event.trackId) ?? NEW_TRACK;
  if (event.kind === 'chunk') return takeChunk(state, { track, chunk: event.chunk, numbers });
  const { open } = track;
  if (open === undefined) return { state, effects: [] };
  if (event.kind === 'init') {
    if (event.streamSequence <= track.closedThrough) return { state, effects: [] };
    if (event.epoch !== open.epoch) return close(state, open, { closedBy: 'epoch', numbers });
    // The same bytes again only mark a reconnect (hls.md, receiver duties).
    return event.initSha256 === open.initSha256
      ? { state, effects: [] }
      : close(state, open, { closedBy: 'init_change', numbers });
  }
  return close(state, open, { closedBy: event.kind, numbers });
}

const NEW_TRACK: TrackProgress = {
  nextMediaSequence: 0,
  chain: CHAIN_START,
  epoch: -1,
  lastDecodeTimeTicks: 0n,
  closedThrough: 0,
  open: undefined,
};

function takeChunk(
  before: SegmenterState,
  { track, chunk, numbers }: { track: TrackProgress; chunk: MediaChunk; numbers: PresentationNumbers },
): Step {
  if (isHeld(track, chunk)) return { state: before, effects: [] };
  const effects: Effect[] = [];
  let state = before;
  const cut = track.open === undefined ? undefined : cutBefore(track.open, chunk, numbers);
  if (track.open !== undefined && cut !== undefined) {
    const closing = close(state, track.open, { closedBy: cut, numbers, next: chunk.streamSequence });
    state = closing.state;
    effects.push(...closing.effects);
  }
  const progress = state.tracks.get(chunk.trackId) ?? track;
  const grown = grow(progress, chunk, numbers);
  effects.push(...grown.effects);
  state = setTrack(state, chunk.trackId, {
    ...progress,
    epoch: chunk.epoch,
    lastDecodeTimeTicks: chunk.decodeTimeTicks,
    open: grown.open,
  });
  if (!isFull(grown.open, numbers)) return { state, effects };
  const closing = close(state, grown.open, { closedBy: 'boundary', numbers });
  return { state: closing.state, effects: [...effects, ...closing.effects] };
}

/** The chunk is in a closed or open segment already, or belongs to a timebase that is over. */
function isHeld(track: TrackProgress, chunk: MediaChunk): boolean {
  if (chunk.streamSequence <= track.closedThrough || chunk.epoch < track.epoch) return true;
  return chunk.epoch === track.epoch && chunk.decodeTimeTicks <= track.lastDecodeTimeTicks;
}

/** Adds a chunk to the open segment or begins one; a part is finished as soon as one more chunk like the last would be too much for it. */
function grow(
  track: TrackProgress,
  chunk: MediaChunk,
  numbers: PresentationNumbers,
): { open: OpenSegment; effects: Effect[] } {
  const effects: Effect[] = [];
  let open = track.open;
  if (open !== undefined && partWouldOverflow(open, chunk.decodeTimeTicks + chunk.durationTicks, numbers))
    open = finish(open, effects);
  open = open === undefined ? openSegment(track.nextMediaSequence, chunk) : addChunk(open, chunk);
  if (partWouldOverflow(open, open.endTicks + chunk.durationTicks, numbers)) open = finish(open, effects);
  return { open, effects };
}

/** No part may be longer than PART-TARGET (RFC 8216bis 4.4.4.9). */
function partWouldOverflow(open: OpenSegment, endTicks: bigint, numbers: PresentationNumbers): boolean {
  const first = open.unfinished[0];
  return first !== undefined && ticksToMs(endTicks - first.decodeTimeTicks, open.timescale) > numbers.partTargetMs;
}

function finish(open: OpenSegment, effects: Effect[]): OpenSegment {
  const { segment, finished } = finishPart(open);
  if (finished !== undefined) {
    effects.push({
      kind: 'part_finished',
      trackId: open.trackId,
      segment: windowSegmentOf(segment),
      ...finished,
    });
  }
  return segment;
}

function close(
  state: SegmenterState,
  open: OpenSegment,
  how: { closedBy: ClosedSegment['closedBy']; numbers: PresentationNumbers; next?: number },
): Step {
  const effects: Effect[] = [];
  const segment = finish(open, effects);
  const previous = state.tracks.get(open.trackId)?.chain ?? CHAIN_START;
  const closed = closedOf(segment, how.closedBy, previous);
  const after = setTrack(state, open.trackId, {
    nextMediaSequence: segment.mediaSequence + 1,
    chain: closed.chain,
    epoch: segment.epoch,
    lastDecodeTimeTicks: state.tracks.get(open.trackId)?.lastDecodeTimeTicks ?? segment.decodeTimeTicks,
    closedThrough: segment.chunks.at(-1)?.streamSequence ?? 0,
    open: undefined,
  });
  effects.push({
    kind: 'segment_closed',
    trackId: open.trackId,
    closed,
    segment: { ...windowSegmentOf(segment), durationMs: closed.durationMs, sha256: closed.sha256 },
    pendingFrom: lowest([pendingFrom(after), how.next]),
  });
  const problem = problemOf(segment, how);
  if (problem !== undefined) effects.push(problem);
  return { state: after, effects };
}

function closedOf(segment: OpenSegment, closedBy: ClosedSegment['closedBy'], previousChain: string): ClosedSegment {
  const durationTicks = segment.endTicks - segment.decodeTimeTicks;
  const { epoch, mediaSequence, decodeTimeTicks, timescale, initSha256 } = segment;
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
    sizeBytes: segment.chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0),
    sha256: segment.digest.hex(),
    chain: nextChainValue(previousChain, segment),
    chunks: [...segment.chunks],
    partChunkCounts: segment.parts.map((part) => part.streamSequences.length),
    closedBy,
  };
}

function problemOf(
  segment: OpenSegment,
  { closedBy, numbers }: { closedBy: ClosedSegment['closedBy']; numbers: PresentationNumbers },
): Effect | undefined {
  const { trackId } = segment;
  if (closedBy === 'forced_cut') {
    const sentence = `expected a keyframe at least every ${numbers.segmentTargetMs} ms, segment ${segment.mediaSequence} had to be cut without one`;
    return { kind: 'problem', trackId, code: 'keyframe_interval_too_long', sentence };
  }
  if (!overflowsTarget(segment, segment.endTicks, numbers)) return undefined;
  const sentence = `expected chunks that fit EXT-X-TARGETDURATION ${numbers.targetDurationSec}, segment ${segment.mediaSequence} is one chunk that does not`;
  return { kind: 'problem', trackId, code: 'segment_longer_than_target', sentence };
}
