import { z } from 'zod';
import { EpochMs, Fence, LiveInputId, MediaSequence, TrackId } from './primitives.ts';

/** Request/reply over Nest's NATS transport, queue group `timeshift`: one hour blob of an input's timeline index. */
export const HOUR_BLOB_PATTERN = 'timeshift.v1.hour_blob';
export const HourBlobRequest = z.object({
  inputId: LiveInputId,
  /** Hours since 1970. */
  hour: z.number().int(),
  /** Answer `unchanged` when the blob still has this entity tag. */
  knownTag: z.string().optional(),
});
export type HourBlobRequest = z.output<typeof HourBlobRequest>;
export const HourBlobReply = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('unchanged') }),
  z.object({ kind: z.literal('blob'), tag: z.string(), base64: z.string() }),
]);
export type HourBlobReply = z.output<typeof HourBlobReply>;

/** Request/reply: which hours of an input have anything, and the tracks they hold. */
export const COVERAGE_PATTERN = 'timeshift.v1.coverage';
export const CoverageRequest = z.object({ inputId: LiveInputId });
export type CoverageRequest = z.output<typeof CoverageRequest>;
export const CoverageReply = z.object({
  hours: z.array(z.number().int()),
  /** Nothing older is listed any more, ms since 1970. */
  retainedFromMs: EpochMs,
});
export type CoverageReply = z.output<typeof CoverageReply>;

/** Nest event: the archive now durably holds a track through this media sequence. Producer: timeshift. Consumer: packager. */
export const ARCHIVED_PATTERN = 'timeshift.v1.archived';
export const Archived = z.object({ inputId: LiveInputId, trackId: TrackId, throughMediaSequence: MediaSequence });
export type Archived = z.output<typeof Archived>;

/** KV bucket `archive_checkpoints`, key = partition: everything in the journal up to here is durable in the archive. Owner: timeshift. A hint: the archive itself tells what it holds. */
export const ArchiveCheckpoint = z.object({ journalSequence: z.number().int().min(0), fence: Fence });
export type ArchiveCheckpoint = z.output<typeof ArchiveCheckpoint>;
