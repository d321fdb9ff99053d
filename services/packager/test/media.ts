import { createHash } from 'node:crypto';
import type { PresentationNumbers, SegmentClosed } from '#shared/contracts';
import type { MediaChunk, MediaEvent } from '../src/domain/media-event.ts';
import type { PresentationWishes } from '../src/domain/presentation-numbers.ts';
import type { ClosedSegment, Effect, SegmenterState } from '../src/domain/segmenter-state.ts';
import { advance, newSegmenter, withNumbers } from '../src/domain/segmenter.ts';

/** What configuration wishes by default. */
export const WISHES: PresentationWishes = { partTargetMs: 500 };

/** Two seconds, half-second parts. */
export const NUMBERS: PresentationNumbers = { targetDurationSec: 2, segmentTargetMs: 2000, partTargetMs: 500 };

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** A chunk of the track at this time; what is left out is that of 0.5 s of video at 90 kHz that can be decoded alone. */
export function chunkOf(
  facts: Partial<MediaChunk> & {
    readonly streamSequence: number;
    readonly startMs?: number;
    readonly lengthMs?: number;
  },
): MediaChunk {
  const { startMs = 0, lengthMs = 500, ...given } = facts;
  const timescale = given.timescale ?? 90_000;
  const bytes = given.bytes ?? Buffer.from(`chunk ${given.streamSequence}`);
  return {
    trackId: 1,
    kind: 'video',
    epoch: 0,
    anchorEpochMs: 1_700_000_000_000,
    decodeTimeTicks: BigInt(Math.round((startMs * timescale) / 1000)),
    durationTicks: BigInt(Math.round((lengthMs * timescale) / 1000)),
    timescale,
    independent: true,
    sha256: sha256(bytes),
    initSha256: sha256('init'),
    bytes,
    markers: [],
    keyframeEndBytes: undefined,
    ...given,
  };
}

export const eventOf = (chunk: MediaChunk): MediaEvent => ({
  kind: 'chunk',
  trackId: chunk.trackId,
  streamSequence: chunk.streamSequence,
  chunk,
});

/** A journal record as the packager makes it of a closed segment. */
export function recordOf(
  trackId: number,
  closed: ClosedSegment,
  place: { readonly resumeSequence: number },
): SegmentClosed {
  return { ...closed, inputId: 'li_segmenter', trackId, partition: 0, fence: 1, closedAtMs: 0, ...place };
}

export interface Run {
  readonly state: SegmenterState;
  readonly effects: Effect[];
  readonly records: SegmentClosed[];
}

/** Takes events one by one, as the packager does. */
export function runEvents(start: SegmenterState, events: readonly MediaEvent[]): Run {
  let state = start;
  const effects: Effect[] = [];
  const records: SegmentClosed[] = [];
  for (const event of events) {
    let step = advance(state, event);
    if (step.proposal !== undefined) step = withNumbers(step.state, step.proposal);
    state = step.state;
    const seen = event.kind === 'silence' ? 0 : event.streamSequence;
    for (const effect of step.effects) {
      effects.push(effect);
      if (effect.kind !== 'segment_closed') continue;
      records.push(recordOf(effect.trackId, effect.closed, { resumeSequence: effect.pendingFrom ?? seen + 1 }));
    }
  }
  return { state, effects, records };
}

/** With fixed numbers. */
export const runChunks = (chunks: readonly MediaChunk[], numbers: PresentationNumbers = NUMBERS): Run =>
  runEvents(newSegmenter(numbers, WISHES), chunks.map(eventOf));
