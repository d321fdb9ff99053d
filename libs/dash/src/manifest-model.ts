/** One media segment. Times in ticks of its track's timescale, on the timeline of the media itself. */
export interface DashSegment {
  mediaSequence: number;
  decodeTimeTicks: bigint;
  /** Of the segment in production, the expected one. */
  durationTicks: bigint;
  /** Whether decoding can start with it. */
  independent: boolean;
  /** Absent media. */
  gap?: boolean;
}

/** How the URIs of a track's media segments look: the media sequence number stands between the two. Relative to the manifest. */
export interface SegmentUri {
  beforeNumber: string;
  afterNumber: string;
}

/** One track within one period: a Representation. `codec` as in RFC 6381, `language` BCP 47 or ISO 639. */
export interface DashTrack {
  trackId: number;
  kind: 'video' | 'audio' | 'text';
  codec: string;
  timescale: number;
  /** Bits per second. */
  peakBitrate: number;
  language?: string;
  width?: number;
  height?: number;
  frameRate?: number;
  sampleRate?: number;
  channels?: number;
  initUri: string;
  segmentUri: SegmentUri;
  /** In order, each mediaSequence one above that of its neighbour. */
  segments: readonly DashSegment[];
  /** The segment in production, listed before it is whole: only where its URL answers chunk by chunk. */
  open?: DashSegment;
  /** How long before its end a segment can be asked for. Absent: only whole. */
  availabilityTimeOffsetMs?: number;
}

/** All tracks of one unbroken media timeline. */
export interface DashPeriod {
  /** Never used for another timeline. */
  id: string;
  /** Wall clock of the first sample. Must stay the same while the period is listed, also when its first segments are not any more: players keep what they know of a period by its start. */
  startEpochMs: number;
  /** Wall clock of decode time 0. */
  anchorEpochMs: number;
  tracks: readonly DashTrack[];
}

/** An `emsg` of the media, as an Event. */
export interface DashMarker {
  id: string;
  schemeIdUri: string;
  value: string;
  startEpochMs: number;
  /** Absent when unknown. */
  durationMs?: number;
  /** Base64. */
  messageData?: string;
}

/** Where a player reads the clock: an instant right now, or a URL (relative to the manifest) whose answer is an ISO date or whose Date header counts. */
export type UtcTiming = { kind: 'direct'; epochMs: number } | { kind: 'http-iso' | 'http-head'; uri: string };

/** How far behind the live edge a player should play (ServiceDescription), and how much it may speed up or slow down to stay there. */
export interface LatencyTarget {
  targetMs: number;
  minMs: number;
  maxMs: number;
  minPlaybackRate: number;
  maxPlaybackRate: number;
}

/** A live DASH manifest. Periods in order of their start. */
export interface DashManifest {
  periods: readonly DashPeriod[];
  /** When this version of the manifest came to be. */
  publishEpochMs: number;
  /** How often a player is to look for a new version. */
  minimumUpdatePeriodMs: number;
  timeShiftBufferDepthMs: number;
  maxSegmentDurationMs: number;
  minBufferMs: number;
  suggestedPresentationDelayMs: number;
  latency?: LatencyTarget;
  utcTiming?: UtcTiming;
  markers?: readonly DashMarker[];
  /** Where the presentation ended; absent while it goes on. */
  endEpochMs?: number;
}
