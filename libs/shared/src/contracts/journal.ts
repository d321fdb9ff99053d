import { z } from 'zod';
import { Epoch, EpochMs, Fence, LiveInputId, MediaSequence, Sha256, Ticks, TrackId } from './primitives.ts';
import { ChainSignature, Keyframe, TimedMarker } from './segment-facts.ts';
import { defineSubject } from './subject.ts';

/** JetStream stream of closed segments: the truth for numbers (design decision 4). */
export const JOURNAL_STREAM = 'JOURNAL';

/** One closed segment. Producer: packager, with expected-last-subject-sequence. Consumers: timeshift, broadcast, packager. */
export const segmentClosedSubject = defineSubject('journal.v1.{partition}.{inputId}.{trackId}.segment_closed');
/** Every journal record of one partition. */
export const journalOfPartition = (partition: number): string => `journal.v1.${partition}.>`;

/** A chunk inside a closed segment. `streamSequence` finds its bytes in MEDIA. */
export const JournalChunk = z.object({
  streamSequence: z.number().int().min(1),
  sizeBytes: z.number().int().min(1),
  sha256: Sha256,
  durationTicks: Ticks,
  independent: z.boolean(),
});
export type JournalChunk = z.output<typeof JournalChunk>;

/** Body of `segment_closed` (JSON). */
export const SegmentClosed = z.object({
  inputId: LiveInputId,
  trackId: TrackId,
  partition: z.number().int().min(0),
  fence: Fence,
  epoch: Epoch,
  mediaSequence: MediaSequence,
  discontinuitySequence: z.number().int().min(0),
  startEpochMs: EpochMs,
  durationMs: z.number().positive(),
  decodeTimeTicks: Ticks,
  durationTicks: Ticks,
  timescale: z.number().int().positive(),
  independent: z.boolean(),
  initSha256: Sha256,
  /** 0 of a gap, which has no chunks and whose `sha256` is that of nothing. */
  sizeBytes: z.number().int().min(0),
  sha256: Sha256,
  /** H(n) = SHA-256(H(n-1) ‖ epoch ‖ msn ‖ init hash ‖ chunk hashes), lowercase hex. */
  chain: Sha256,
  /** Absent when the packager has no signing key. */
  signature: ChainSignature.optional(),
  gap: z.literal(true).optional(),
  keyframes: z.array(Keyframe).optional(),
  markers: z.array(TimedMarker).optional(),
  /** A chunk carries C2PA boxes; presence only. */
  contentCredentials: z.literal(true).optional(),
  chunks: z.array(JournalChunk).max(4096),
  /** How many chunks each part of the segment holds, in order. */
  partChunkCounts: z.array(z.number().int().min(1)),
  /** Why it was closed where it was. */
  closedBy: z.enum(['boundary', 'forced_cut', 'epoch', 'init_change', 'end', 'silence', 'gap']),
  /** Every MEDIA message of the partition below this stream sequence is in the journal or needs no segment. */
  resumeSequence: z.number().int().min(0),
  closedAtMs: EpochMs,
});
export type SegmentClosed = z.output<typeof SegmentClosed>;
