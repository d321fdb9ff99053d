import type { TrackRef } from './ports.ts';

/** Media that this code fails on whenever it meets it: the fault is ours, and the media beside it must go on. */
export class UnpackageableError extends Error {
  override readonly name = 'UnpackageableError';
  readonly track: TrackRef;
  /** The messages without which it can go on. */
  readonly streamSequences: readonly number[];

  constructor(track: TrackRef, streamSequences: readonly number[], cause: unknown) {
    const which = `MEDIA ${streamSequences[0]} of track ${track.trackId} of ${track.inputId}`;
    super(`${which}: expected to package it, got ${String(cause)}`, { cause });
    this.track = track;
    this.streamSequences = streamSequences;
  }
}
