import { z } from 'zod';
import { Epoch, EpochMs, Fence, LiveInputId, MediaSequence, Sha256, TrackId, TrackKind } from './primitives.ts';
import { ChainSignature, Keyframe, TimedMarker } from './segment-facts.ts';
import { defineSubject } from './subject.ts';

/** What a player is told of a track; read from its init segment. */
export const TrackDescription = z.object({
  trackId: TrackId,
  name: z.string().max(200),
  kind: TrackKind,
  codec: z.string(),
  timescale: z.number().int().positive(),
  language: z.string(),
  width: z.number().int().optional(),
  height: z.number().int().optional(),
  frameRate: z.number().optional(),
  channels: z.number().int().optional(),
  sampleRate: z.number().int().optional(),
});
export type TrackDescription = z.output<typeof TrackDescription>;

/** A chunk inside a part: where it lies in MEDIA, and what its bytes must be. */
export const PartChunk = z.object({
  streamSequence: z.number().int().min(1),
  sizeBytes: z.number().int().min(1),
  sha256: Sha256,
});
export type PartChunk = z.output<typeof PartChunk>;

/** One or more whole chunks; its bytes are theirs, in order. */
export const WindowPart = z.object({
  partIndex: z.number().int().min(0),
  durationMs: z.number(),
  independent: z.boolean(),
  sizeBytes: z.number().int().min(1),
  sha256: Sha256,
  chunks: z.array(PartChunk).min(1),
});
export type WindowPart = z.output<typeof WindowPart>;

/** A segment, closed or still open. Its bytes are those of its parts, in order. */
export const WindowSegment = z.object({
  mediaSequence: MediaSequence,
  epoch: Epoch,
  discontinuitySequence: z.number().int().min(0),
  startEpochMs: EpochMs,
  durationMs: z.number(),
  independent: z.boolean(),
  initSha256: Sha256,
  sizeBytes: z.number().int().min(0),
  /** Of the whole segment; absent while it is open and of a gap. */
  sha256: Sha256.optional(),
  parts: z.array(WindowPart),
  /** This track lost what another one has (design decision 10): no bytes, no parts, its number stays. */
  gap: z.literal(true).optional(),
  /** Of an open segment: no further part is expected, the next chunk begins a segment. Certain for tracks without keyframes, by the cadence of the keyframes for video. */
  full: z.literal(true).optional(),
  /** Of a segment that a new init segment ended: what follows it needs this one. */
  nextInitSha256: Sha256.optional(),
  keyframes: z.array(Keyframe).optional(),
  /** What the chunks of this segment carry in `emsg`; of an open segment, what came so far. */
  markers: z.array(TimedMarker).optional(),
  /** A chunk carries C2PA boxes; presence only. */
  contentCredentials: z.literal(true).optional(),
  /** The value of the hash chain after this segment, and the origin's signature of it; absent while it is open. */
  chain: Sha256.optional(),
  signature: ChainSignature.optional(),
});
export type WindowSegment = z.output<typeof WindowSegment>;

/** Numbers that are fixed for the life of a playlist URL (design decision 8). KV bucket `presentations`, key = input id. */
export const PresentationNumbers = z.object({
  targetDurationSec: z.number().int().min(1),
  segmentTargetMs: z.number().positive(),
  /** EXT-X-PART-INF of every media playlist; absent: the chunks allow no Low-Latency HLS (design decision 8). */
  partTargetMs: z.number().positive().optional(),
});
export type PresentationNumbers = z.output<typeof PresentationNumbers>;

/** The window of one track: what Redis holds and playback mirrors. */
export const TrackWindow = z.object({
  inputId: LiveInputId,
  fence: Fence,
  /** Goes up by one with each change; a gap tells a mirror to read again. */
  revision: z.number().int().min(0),
  track: TrackDescription,
  numbers: PresentationNumbers,
  segments: z.array(WindowSegment),
  open: WindowSegment.nullable(),
  /** Wall clock of the packager at the last append; silence beyond the reconnect window ends the playlist. */
  lastAppendMs: EpochMs,
  peakBitrate: z.number().min(0),
  averageBitrate: z.number().min(0),
  /** Highest media sequence that the archive holds durably, -1 when none. */
  archivedThrough: z.number().int().min(-1),
});
export type TrackWindow = z.output<typeof TrackWindow>;

/** Core NATS: the window of a track changed; carries the whole change so that a woken request needs no read. Producer: packager. */
export const windowFactSubject = defineSubject('window.v1.{inputId}.{trackId}.changed');

/** Body of a window fact (JSON). */
export const WindowFact = z.object({
  fence: Fence,
  revision: z.number().int().min(0),
  lastAppendMs: EpochMs,
  change: z.discriminatedUnion('kind', [
    /** A part was added to the open segment; `segment` is the open segment without its parts. */
    z.object({ kind: z.literal('part_appended'), segment: WindowSegment.omit({ parts: true }), part: WindowPart }),
    /** The open segment was closed; `firstMediaSequence` is the oldest one still in the window. */
    z.object({
      kind: z.literal('segment_closed'),
      segment: WindowSegment,
      firstMediaSequence: MediaSequence,
      track: TrackDescription,
      peakBitrate: z.number(),
      averageBitrate: z.number(),
      archivedThrough: z.number().int().min(-1),
    }),
    /** Everything may have changed: read Redis again. */
    z.object({ kind: z.literal('reset') }),
  ]),
});
export type WindowFact = z.output<typeof WindowFact>;
