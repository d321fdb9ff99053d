import type { InputEvent, OriginKey, PresentationNumbers, SegmentClosed, WindowFact } from '#shared/contracts';
import type { StampedChunk } from './domain/media-event.ts';
import type { PresentationWishes } from './domain/presentation-numbers.ts';

/** One track of one input, and the partition it is in. */
export interface TrackRef {
  readonly partition: number;
  readonly inputId: string;
  readonly trackId: number;
}

/** A journal record as the bus stored it. */
export interface StoredRecord {
  readonly record: SegmentClosed;
  readonly streamSequence: number;
  readonly storedAtMs: number;
}

/** The journal of closed segments. */
export abstract class Journal {
  abstract newestOfPartition(partition: number): Promise<StoredRecord | undefined>;
  abstract newestOfTrack(track: TrackRef): Promise<StoredRecord | undefined>;
  /** Tracks that have a record from this time through the newest. */
  abstract tracksSince(partition: number, newest: StoredRecord, sinceMs: number): Promise<TrackRef[]>;
  /** The records of a track from this time through the newest, ascending. */
  abstract recordsOfTrack(track: TrackRef, newest: StoredRecord, sinceMs: number): Promise<SegmentClosed[]>;
  /** Resolves with the stream sequence; throws KvConflictError when the track's newest record is not the expected one, RecordRefusedError when it is no record. */
  abstract append(record: SegmentClosed, expectedLastSequence: number): Promise<number>;
}

/** A record that the contract of the journal does not allow: trying again does not help. */
export class RecordRefusedError extends Error {
  override readonly name = 'RecordRefusedError';
}

/** A message of MEDIA. */
export type MediaMessage = { readonly streamSequence: number } & (
  | (TrackRef & { readonly kind: 'chunk'; readonly chunk: StampedChunk })
  | (TrackRef & { readonly kind: 'init'; readonly epoch: number; readonly initSha256: string; readonly name: string })
  | (TrackRef & { readonly kind: 'end' })
  | { readonly kind: 'malformed'; readonly subject: string; readonly reason: string }
);

/** A running read of MEDIA. `pendingMessages`: how many more the bus holds after this one. */
export interface MediaReader {
  readonly messages: AsyncIterable<{ readonly message: MediaMessage; readonly pendingMessages: number }>;
  stop(): Promise<void>;
}

/** The media that ingest stamped. */
export abstract class MediaSource {
  /** Everything of a partition from this stream sequence on, in order. */
  abstract read(partition: number, fromSequence: number): Promise<MediaReader>;
  /** The body of one message, or undefined when it is no longer kept. */
  abstract bytesOf(streamSequence: number): Promise<Uint8Array | undefined>;
  /** The upload name of a track by its newest init message; empty when that is no longer kept. */
  abstract nameOf(track: TrackRef): Promise<string>;
}

/** Rows about an input that are not media. */
export abstract class Presentations {
  abstract load(inputId: string): Promise<{ numbers: PresentationNumbers | undefined; wishes: PresentationWishes }>;
  /** Makes these the numbers for the life of the input, unless others are already: those are returned. */
  abstract freeze(inputId: string, numbers: PresentationNumbers): Promise<PresentationNumbers>;
  abstract initSegment(inputId: string, sha256: string): Promise<Uint8Array | undefined>;
}

/** Public keys by which others verify what this origin signed. */
export abstract class OriginKeys {
  /** Makes a key known for ever; one that is known already stays as it is. */
  abstract publish(key: OriginKey): Promise<void>;
}

/** What the packager tells others. */
export abstract class Announcements {
  /** At most once, by core NATS: who misses it reads Redis. */
  abstract windowChanged(track: TrackRef, fact: WindowFact): void;
  abstract problem(event: Extract<InputEvent, { fact: 'problem_raised' | 'problem_cleared' }>): Promise<void>;
}
