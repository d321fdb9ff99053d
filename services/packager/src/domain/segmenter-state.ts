import type { PresentationNumbers, SegmentClosed, TimedMarker, WindowPart, WindowSegment } from '#shared/contracts';
import type { TrackEnd } from './gap.ts';
import type { MediaEvent } from './media-event.ts';
import type { KeyframeCadence, OpenSegment } from './open-segment.ts';
import type { PresentationWishes } from './presentation-numbers.ts';

/** What a closed segment is, apart from where and by whom it is written. */
export type ClosedSegment = Omit<
  SegmentClosed,
  'inputId' | 'partition' | 'fence' | 'resumeSequence' | 'closedAtMs' | 'trackId' | 'signature'
>;

/** What follows from an event, in order. */
export type Effect =
  | {
      readonly kind: 'part_finished';
      readonly trackId: number;
      /** The open segment through this part. */
      readonly segment: WindowSegment;
      readonly part: WindowPart;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: 'segment_closed';
      readonly trackId: number;
      readonly closed: ClosedSegment;
      readonly segment: WindowSegment;
      /** The oldest MEDIA message of this input that is in no closed segment yet; undefined when every one seen is. */
      readonly pendingFrom: number | undefined;
    }
  | ProblemEffect;

/** What the streamer should hear of; without a track it is the whole presentation's. */
export interface ProblemEffect {
  readonly kind: 'problem';
  readonly trackId?: number;
  readonly code: ProblemCode;
  readonly sentence: string;
}

/** Named problems of segmentation. */
export type ProblemCode =
  | 'keyframe_interval_too_long'
  | 'segment_longer_than_target'
  | 'low_latency_unavailable'
  | 'part_duration_uneven'
  | 'media_lost';

/** Where a track stands between two events. */
export interface TrackProgress {
  readonly nextMediaSequence: number;
  readonly chain: string;
  readonly epoch: number;
  /** Decode time of the newest chunk taken in the epoch. */
  readonly lastDecodeTimeTicks: bigint;
  /** MEDIA messages through this one are in closed segments. */
  readonly closedThrough: number;
  /** Where its newest media or gap ends; undefined before the first. */
  readonly end: TrackEnd | undefined;
  /** Of the keyframes of closed segments; a successor does not know it at first. */
  readonly cadence: KeyframeCadence | undefined;
  /** Of the newest closed segment with media: what lasts is carried on. */
  readonly markers: readonly TimedMarker[];
  readonly open: OpenSegment | undefined;
}

/** One input between two events. `waiting` holds what came before the presentation's numbers were known. */
export interface SegmenterState {
  readonly numbers: PresentationNumbers | undefined;
  readonly wishes: PresentationWishes;
  readonly waiting: readonly MediaEvent[];
  readonly tracks: ReadonlyMap<number, TrackProgress>;
}

/** A state after an event. `proposal`: freeze these numbers, then call {@link withNumbers} before the next event. */
export interface Step {
  readonly state: SegmenterState;
  readonly effects: readonly Effect[];
  readonly proposal?: PresentationNumbers;
}

/** The oldest MEDIA message that is in no closed segment yet; undefined when every one seen is. */
export function pendingFrom(state: SegmenterState): number | undefined {
  const starts = [...state.tracks.values()].map((track) => track.open?.chunks[0]?.streamSequence);
  const waiting = state.waiting.find((event) => event.kind === 'chunk');
  return lowest([...starts, waiting?.kind === 'chunk' ? waiting.streamSequence : undefined]);
}

/** Tracks that hold media in no closed segment yet. */
export function unfinishedTracks(state: SegmenterState): number[] {
  const open = [...state.tracks].filter(([, track]) => track.open !== undefined).map(([trackId]) => trackId);
  const waiting = state.waiting.filter((event) => event.kind === 'chunk').map((event) => event.trackId);
  return [...new Set([...open, ...waiting])];
}

/** The state with this progress of a track. */
export function setTrack(state: SegmenterState, trackId: number, track: TrackProgress): SegmenterState {
  return { ...state, tracks: new Map(state.tracks).set(trackId, track) };
}

/** The smallest of the values that are there. */
export function lowest(values: ReadonlyArray<number | undefined>): number | undefined {
  const present = values.filter((value) => value !== undefined);
  return present.length === 0 ? undefined : Math.min(...present);
}
