import type { MediaPlaylist } from '../model.ts';

/** When two fetches of one URL saw what they saw, ms of one clock. */
export interface SuccessionClock {
  /** When the edge of the earlier one was first seen. */
  readonly edgeSeenAtMs: number;
  /** Until when that edge is known to have been the newest. */
  readonly unchangedUntilMs: number;
  /** What the network and the machine may take. */
  readonly toleranceMs: number;
}

/** Two fetches of one URL, one after the other. */
export interface Succession {
  readonly previous: MediaPlaylist;
  readonly next: MediaPlaylist;
  readonly clock: SuccessionClock;
}
