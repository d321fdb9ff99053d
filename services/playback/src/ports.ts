import type {
  BroadcastRow,
  CoverageReply,
  HourBlobReply,
  HourBlobRequest,
  InputEvent,
  LiveInputRow,
  OriginKey,
  PresentationNumbers,
  SegmentClosed,
  WindowFact,
} from '#shared/contracts';
import type { Resource } from './domain/answer.ts';
import type { StreamRef } from './domain/route.ts';

/** The wall clock. */
export abstract class Clock {
  abstract nowMs(): number;
}

/** Every live input, in memory: a lookup waits for nothing. */
export abstract class InputDirectory {
  abstract byRef(ref: StreamRef): LiveInputRow | undefined;
  abstract byId(inputId: string): LiveInputRow | undefined;
  /** By a DID or a handle of the input, letter case of handles ignored. */
  abstract byIdentity(identity: string): LiveInputRow | undefined;
}

/** Every broadcast, in memory. */
export abstract class BroadcastDirectory {
  abstract byId(broadcastId: string): BroadcastRow | undefined;
}

/** A window fact and the track it is about. */
export interface TrackFact {
  readonly inputId: string;
  readonly trackId: number;
  readonly fact: WindowFact;
}

/** Window facts as they are published, of the inputs that somebody watches. */
export abstract class WindowFacts {
  /** `wants` is asked before a fact is decoded; `onGap` says that facts may have been missed. Returns the way to stop. */
  abstract subscribe(listener: {
    wants(inputId: string): boolean;
    onFact(fact: TrackFact): void;
    onGap(): void;
  }): () => void;
}

/** Chunks by their place in the stream of media, where they are before anything lists them. */
export abstract class ChunkBytes {
  /** Undefined when the stream no longer has it. */
  abstract get(streamSequence: number): Promise<Buffer | undefined>;
}

/** Init segments by content: the bus first, then the archive. */
export abstract class InitSegments {
  abstract get(inputId: string, initSha256: string): Promise<Buffer | undefined>;
  /** The hashes of all that the bus has of an input. */
  abstract hashesOnBus(inputId: string): Promise<string[]>;
  /** The hashes of all that the archive has of an input. */
  abstract hashesInArchive(inputId: string): Promise<string[]>;
}

/** What is known of the encoder of an input. */
export abstract class PublisherActivity {
  /** Whether an encoder connected after `sinceMs` and has not left. */
  abstract hasConnected(inputId: string, sinceMs: number): Promise<boolean>;
}

/** Playlist numbers that are frozen for an input, also when nothing of it is windowed. */
export abstract class Presentations {
  abstract numbersOf(inputId: string): Promise<PresentationNumbers | undefined>;
}

/** A closed segment and the one before it, where that is kept; `never`: not closed yet, or no such track. */
export type JournalFinding =
  { readonly record: SegmentClosed; readonly before?: SegmentClosed } | 'forgotten' | 'never';

/** Closed segments as the packager wrote them down; kept longer than the window keeps them. */
export abstract class SegmentJournal {
  abstract find(inputId: string, trackId: number, mediaSequence: number): Promise<JournalFinding>;
}

/** The public keys of this origin, oldest first. */
export abstract class OriginKeys {
  abstract all(): Promise<OriginKey[]>;
}

/** The archive's index, asked over the bus; throws ArchiveUnavailableError when it does not answer in time. */
export abstract class TimelineArchive {
  abstract hourBlob(request: HourBlobRequest): Promise<HourBlobReply>;
  abstract coverage(inputId: string): Promise<CoverageReply>;
}

/** Finds the DID of a handle outside this origin; undefined when there is none or nobody could say. */
export abstract class HandleResolver {
  abstract resolve(handle: string): Promise<string | undefined>;
}

/** The files of the player page. */
export abstract class WebAssets {
  abstract find(name: string): Resource | undefined;
}

/** A rule that the origin's own playlists break. */
export type AuditFailure = Omit<Extract<InputEvent, { fact: 'audit_failed' }>, 'fact'>;

/** Tells everybody what the audit found. */
export abstract class AuditEvents {
  abstract failed(failure: AuditFailure): Promise<void>;
}

/** Whether what this service stands on is there. */
export abstract class Readiness {
  abstract isOnBus(): boolean;
  /** Redis must have answered once; later outages are served from memory. */
  abstract redisWasReached(): Promise<boolean>;
}
