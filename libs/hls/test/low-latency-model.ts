import type { MediaPlaylist, OpenPlaylistSegment, PlaylistPart, PlaylistSegment } from '../src/playlist-model.ts';

/** Where mediaSequence 0 would begin. */
export const START_EPOCH_MS = Date.UTC(2026, 10, 21, 12, 0, 0, 0);

export const part = (uri: string, changes: Partial<PlaylistPart> = {}): PlaylistPart => ({
  uri,
  durationMs: 500,
  independent: false,
  ...changes,
});

export const partsOf = (mediaSequence: number, count: number): PlaylistPart[] =>
  Array.from({ length: count }, (_, index) => part(`${mediaSequence}.${index}.m4s`, { independent: index === 0 }));

export const open = (mediaSequence: number, changes: Partial<OpenPlaylistSegment> = {}): OpenPlaylistSegment => ({
  mediaSequence,
  startEpochMs: START_EPOCH_MS + mediaSequence * 1000,
  discontinuitySequence: 0,
  map: { uri: 'init.mp4' },
  parts: partsOf(mediaSequence, 1),
  ...changes,
});

export const segment = (mediaSequence: number, changes: Partial<PlaylistSegment> = {}): PlaylistSegment => ({
  ...open(mediaSequence, { parts: partsOf(mediaSequence, 2) }),
  uri: `${mediaSequence}.m4s`,
  durationMs: 1000,
  ...changes,
});

export const segments = (first: number, last: number): PlaylistSegment[] =>
  Array.from({ length: last - first + 1 }, (_, index) => segment(first + index));

export const serverControl = { canBlockReload: true, holdBackMs: 3000, partHoldBackMs: 1500, canSkipUntilMs: 6000 };

/** A playlist without anything of low latency. */
export const plain = (changes: Partial<MediaPlaylist>): MediaPlaylist => ({
  targetDurationSec: 1,
  segments: [],
  endList: false,
  ...changes,
});

export const live = (changes: Partial<MediaPlaylist>): MediaPlaylist =>
  plain({ partTargetMs: 500, serverControl, ...changes });
