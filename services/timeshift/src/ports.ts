import type { ArchiveCheckpoint, SegmentClosed } from '#shared/contracts';

/** A journal record with its place; `segment` is undefined when the record cannot be read. */
export interface JournalRecord {
  readonly journalSequence: number;
  readonly segment: SegmentClosed | undefined;
}

/** A running read of the journal. */
export interface JournalFeed {
  readonly records: AsyncIterable<JournalRecord>;
  stop(): Promise<void>;
}

/** The segment journal as the archive reads it. */
export abstract class Journal {
  /** The sequence after which to read: the checkpoint, or 0 when there is none that fits the journal. */
  abstract resumeAfter(partition: number): Promise<number>;
  abstract read(partition: number, afterSequence: number): Promise<JournalFeed>;
  abstract saveCheckpoint(partition: number, checkpoint: ArchiveCheckpoint): Promise<void>;
}

/** Media bytes as they are on the bus. */
export abstract class MediaSource {
  /** The bytes of a chunk by its place in the stream; undefined when the bus does not keep it any more. */
  abstract chunk(streamSequence: number): Promise<Uint8Array | undefined>;
  abstract initSegment(inputId: string, sha256: string): Promise<Uint8Array | undefined>;
}

/** Media sequences of one track that the archive will never have. */
export interface LostRange {
  readonly inputId: string;
  readonly trackId: number;
  readonly fromMediaSequence: number;
  readonly toMediaSequence: number;
  readonly detail: string;
}

/** What the archive tells the other services. */
export abstract class ArchiveFacts {
  abstract archived(inputId: string, trackId: number, throughMediaSequence: number): Promise<void>;
  abstract lost(range: LostRange): Promise<void>;
}

/** How long an input is kept. */
export abstract class RetentionRules {
  abstract retentionDays(inputId: string): number;
}

/** Whether what the service stands on answers now. */
export abstract class Readiness {
  abstract isBusConnected(): boolean;
  abstract isStoreReachable(): Promise<boolean>;
}
