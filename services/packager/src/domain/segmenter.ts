import { CHAIN_START } from '#provenance';
import type { PresentationNumbers, SegmentClosed } from '#shared/contracts';
import { lossBefore } from './gap.ts';
import type { MediaChunk, MediaEvent } from './media-event.ts';
import { addChunk, openSegment, unfinishedPart, type OpenSegment } from './open-segment.ts';
import { isTooLong, isWhole } from './part-cut.ts';
import { learnNumbers, type PresentationWishes } from './presentation-numbers.ts';
import { cutBefore, isFull, isLikelyFull } from './segment-boundary.ts';
import { closeGaps, closeOpen, finishOpenPart } from './segment-closing.ts';
import { setTrack, type Effect, type SegmenterState, type Step, type TrackProgress } from './segmenter-state.ts';

/** An input nothing is known of but its numbers, if they are frozen, and what configuration wishes. */
export const newSegmenter = (numbers: PresentationNumbers | undefined, wishes: PresentationWishes): SegmenterState => ({
  numbers,
  wishes,
  waiting: [],
  tracks: new Map(),
});

/** A track that goes on after its newest journal record. */
export function resumeTrack(state: SegmenterState, record: SegmentClosed): SegmenterState {
  const { epoch, timescale } = record;
  const last = record.chunks.at(-1);
  const endTicks = record.decodeTimeTicks + record.durationTicks;
  return setTrack(state, record.trackId, {
    nextMediaSequence: record.mediaSequence + 1,
    chain: record.chain,
    epoch,
    // What begins within a gap is too late.
    lastDecodeTimeTicks: endTicks - (last?.durationTicks ?? 1n),
    closedThrough: last?.streamSequence ?? 0,
    end: { epoch, ticks: endTicks, timescale },
    cadence: undefined,
    markers: record.markers ?? [],
    open: undefined,
  });
}

/** The input after one event: a pure function, so that a successor that reads the same media closes the same segments. */
export function advance(state: SegmenterState, event: MediaEvent): Step {
  if (state.numbers !== undefined) return take(state, event, state.numbers);
  if (state.waiting.length === 0 && event.kind !== 'chunk') return { state, effects: [] };
  const waiting = [...state.waiting, event];
  const learned = learnNumbers(waiting, state.wishes);
  if (learned === undefined) return { state: { ...state, waiting }, effects: [] };
  const { numbers, whyPlain } = learned;
  const effects: Effect[] =
    whyPlain === undefined ? [] : [{ kind: 'problem', code: 'low_latency_unavailable', sentence: whyPlain }];
  return { state: { ...state, waiting }, effects, proposal: numbers };
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
    // The same bytes again only mark a reconnect (hls.md, receiver duties).
    const isOther = event.initSha256 !== open.initSha256;
    const next = isOther ? { nextInitSha256: event.initSha256 } : {};
    if (event.epoch !== open.epoch) return closeOpen(state, open, { closedBy: 'epoch', numbers, ...next });
    return isOther ? closeOpen(state, open, { closedBy: 'init_change', numbers, ...next }) : { state, effects: [] };
  }
  return closeOpen(state, open, { closedBy: event.kind, numbers });
}

const NEW_TRACK: TrackProgress = {
  nextMediaSequence: 0,
  chain: CHAIN_START,
  epoch: -1,
  lastDecodeTimeTicks: 0n,
  closedThrough: 0,
  end: undefined,
  cadence: undefined,
  markers: [],
  open: undefined,
};

interface Arrival {
  readonly track: TrackProgress;
  readonly chunk: MediaChunk;
  readonly numbers: PresentationNumbers;
}

function takeChunk(before: SegmenterState, arrival: Arrival): Step {
  const { track, chunk, numbers } = arrival;
  if (isHeld(track, chunk)) return { state: before, effects: [] };
  const closing = closeBefore(before, arrival);
  const effects = [...closing.effects];
  const progress = closing.state.tracks.get(chunk.trackId) ?? track;
  const open = grow(progress, arrival, effects);
  const state = setTrack(closing.state, chunk.trackId, {
    ...progress,
    epoch: chunk.epoch,
    lastDecodeTimeTicks: chunk.decodeTimeTicks,
    end: { epoch: open.epoch, ticks: open.endTicks, timescale: open.timescale },
    open,
  });
  if (!isFull(open, numbers)) return { state, effects };
  const full = closeOpen(state, open, { closedBy: 'boundary', numbers });
  return { state: full.state, effects: [...effects, ...full.effects] };
}

/** What ends before a chunk: the open segment, and the gap that the track has there. */
function closeBefore(before: SegmenterState, { track, chunk, numbers }: Arrival): Step {
  const { open } = track;
  const loss = lossBefore(track.end, chunk, numbers);
  const cut = open === undefined ? undefined : cutBefore(open, chunk, numbers);
  const closedBy = loss === undefined ? cut : 'gap';
  const closing =
    open === undefined || closedBy === undefined
      ? { state: before, effects: [] }
      : closeOpen(before, open, { closedBy, numbers, next: chunk.streamSequence });
  if (loss === undefined) return closing;
  const gaps = closeGaps(closing.state, loss, chunk, numbers);
  return { state: gaps.state, effects: [...closing.effects, ...gaps.effects] };
}

/** The chunk is in a closed or open segment already, or belongs to a timebase that is over. */
function isHeld(track: TrackProgress, chunk: MediaChunk): boolean {
  if (chunk.streamSequence <= track.closedThrough || chunk.epoch < track.epoch) return true;
  return chunk.epoch === track.epoch && chunk.decodeTimeTicks <= track.lastDecodeTimeTicks;
}

/** Without Low-Latency HLS parts are only how a segment reaches the window. */
const PLAIN_PART_TARGET_MS = 500;

/** Adds a chunk to the open segment or begins one; a part is finished as soon as it is known to be whole. */
function grow(track: TrackProgress, { chunk, numbers }: Arrival, effects: Effect[]): OpenSegment {
  const targetMs = numbers.partTargetMs ?? PLAIN_PART_TARGET_MS;
  const endTicks = chunk.decodeTimeTicks + chunk.durationTicks;
  let { open } = track;
  if (open !== undefined && partOverflows(open, endTicks, targetMs)) open = finishOpenPart(open, false, effects);
  open = open === undefined ? openSegment(track.nextMediaSequence, chunk, track) : addChunk(open, chunk);
  const part = unfinishedPart(open);
  return part !== undefined && isWhole(part.length, part.lastTicks, targetMs)
    ? finishOpenPart(open, isLikelyFull(open, numbers), effects)
    : open;
}

function partOverflows(open: OpenSegment, endTicks: bigint, targetMs: number): boolean {
  const [first] = open.unfinished;
  if (first === undefined) return false;
  return isTooLong({ durationTicks: endTicks - first.decodeTimeTicks, timescale: open.timescale }, targetMs);
}
