import type {
  ChunkHeaders,
  EndHeaders,
  InitHeaders,
  InputEvent,
  LiveInputRow,
  PublisherState,
  TrackOwner,
} from '#shared/contracts';
import type { QuietTrack } from './domain/publisher-claims.ts';
import type { StoredReach, TrackCursor } from './domain/track-cursor.ts';

/** The live inputs, in memory and fresh within milliseconds. */
export abstract class InputDirectory {
  /** By `li_…` or `lv_…`. An unknown one is waited for shortly: its creator may be faster than the news of it. */
  abstract find(input: string): Promise<LiveInputRow | undefined>;
}

/** A publisher state with the revision that an update must name. */
export interface StoredPublisherState {
  readonly state: PublisherState;
  readonly revision: number;
}

/** The timebase and track ids of each input: written by compare-and-set, shared by all ingest processes. */
export abstract class PublisherStates {
  abstract load(inputId: string): Promise<StoredPublisherState | undefined>;
  /** Throws KvConflictError when another write came first; without a revision the row must not exist. */
  abstract save(inputId: string, state: PublisherState, revision: number | undefined): Promise<void>;
  /** Calls back when any process wrote a state. */
  abstract onChange(listener: (inputId: string, state: PublisherState) => void): void;
}

/** Who sends a track, with the revision that an update must name. */
export interface StoredOwners {
  readonly owners: readonly TrackOwner[];
  readonly revision: number | undefined;
}

/** Who sends which track through which ingest process: written by compare-and-set, shared by all of them. */
export abstract class TrackOwnership {
  /** This process among the owners. */
  abstract readonly processId: string;
  abstract load(inputId: string): Promise<StoredOwners>;
  /** Resolves with the new revision; throws KvConflictError when another write came first. */
  abstract save(inputId: string, owners: readonly TrackOwner[], revision: number | undefined): Promise<number>;
  /** Calls back when any process wrote the owners of an input. */
  abstract onChange(listener: (inputId: string, stored: StoredOwners) => void): void;
  /** What another process says of an input; nothing when it is gone or does not answer. */
  abstract quietTracksAt(processId: string, inputId: string): Promise<QuietTrack[]>;
  /** What this process answers to the others. */
  abstract answerWith(quietTracks: (inputId: string) => QuietTrack[]): void;
}

/** Init segments by their SHA-256. */
export abstract class InitSegments {
  abstract put(inputId: string, sha256: string, bytes: Uint8Array): Promise<void>;
  abstract get(inputId: string, sha256: string): Promise<Uint8Array | undefined>;
}

/** The stream MEDIA: what is acknowledged there is accepted. Publishing is retried within a bound, then throws BusUnavailableError. */
export abstract class MediaLog {
  /** The largest chunk that fits a message. */
  abstract maxChunkBytes(): number;
  abstract publishChunk(inputId: string, trackId: number, headers: ChunkHeaders, bytes: Uint8Array): Promise<void>;
  abstract publishInit(inputId: string, trackId: number, headers: InitHeaders, bytes: Uint8Array): Promise<void>;
  abstract publishEnd(inputId: string, trackId: number, headers: EndHeaders): Promise<void>;
  /** What is stored of a track: its end and its recent chunks, or undefined when nothing is. */
  abstract cursorOf(inputId: string, trackId: number): Promise<TrackCursor | undefined>;
  /** How far each track of an input has come, whichever process stored it. */
  abstract reaches(inputId: string): Promise<StoredReach[]>;
}

/** The facts of inputs. Never throws and never waits: an event that cannot be published is logged. */
export abstract class InputEvents {
  abstract emit(event: InputEvent): void;
}

/** The connection to the bus, for readiness. */
export abstract class BusHealth {
  /** Whether it stands at this moment. */
  abstract isUp(): boolean;
}
