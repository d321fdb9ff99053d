import { z } from 'zod';
import { Epoch, EpochMs, Fence, LiveInputId, MediaSequence, Sha256, TrackId, TrackKind } from './primitives.ts';
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

/** One or more whole chunks. `streamSequences` are their places in MEDIA. */
export const WindowPart = z.object({
  partIndex: z.number().int().min(0),
  durationMs: z.number(),
  independent: z.boolean(),
  sizeBytes: z.number().int().min(1),
  sha256: Sha256,
  streamSequences: z.array(z.number().int()),
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
  /** Of the whole segment; absent while it is open. */
  sha256: Sha256.optional(),
  parts: z.array(WindowPart),
});
export type WindowSegment = z.output<typeof WindowSegment>;

/** Numbers that are fixed for the life of a playlist URL (design decision 8). KV bucket `presentations`, key = input id. */
export const PresentationNumbers = z.object({
  targetDurationSec: z.number().int().min(1),
  segmentTargetMs: z.number().positive(),
  partTargetMs: z.number().positive(),
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
