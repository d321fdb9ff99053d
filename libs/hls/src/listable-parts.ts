import type { PlaylistPart } from './playlist-model.ts';

const NONE: readonly PlaylistPart[] = [];

/** The parts of a segment that a playlist may list under this part target: all of them, or none where one is longer (rfc8216bis 4.4.4.9) or the playlist has no part target. */
export function listableParts(
  parts: readonly PlaylistPart[] | undefined,
  partTargetMs: number | undefined,
): readonly PlaylistPart[] {
  if (parts === undefined || partTargetMs === undefined) return NONE;
  const targetUs = Math.round(partTargetMs * 1000);
  return parts.every((part) => Math.round(part.durationMs * 1000) <= targetUs) ? parts : NONE;
}
