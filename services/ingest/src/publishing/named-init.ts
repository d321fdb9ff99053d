import type { TrackFacts } from '#cmaf';

/** The init segment of one track as it goes to the bus. */
export interface TrackInit {
  readonly trackId: number;
  /** The upload name, for people. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: Uint8Array;
  readonly facts: TrackFacts;
  /** Tells this from the same init segment received at another time. */
  readonly receipt: string;
}

/** What an upload name's init segment says: its tracks by the container's `track_ID`. */
export interface NamedInit {
  readonly facts: ReadonlyMap<number, TrackFacts>;
  readonly tracks: ReadonlyMap<number, TrackInit>;
}
