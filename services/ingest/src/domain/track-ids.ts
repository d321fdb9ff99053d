/** Origin track ids by track key, as the row of an input's publisher state keeps them. */
export type TrackIds = Readonly<Record<string, number>>;

/** More upload names than any presentation has tracks; the row they live in must stay small. */
export const MAX_TRACKS_PER_INPUT = 64;

/** The key of a track in the input's row: its upload name, and the container's id when several share an upload. */
export const trackKeyOf = (trackName: string, containerTrackId: number, isMultiplexed: boolean): string =>
  isMultiplexed ? `${trackName}:${containerTrackId}` : trackName;

/** The tracks that an upload name stands for: `[container track_ID or undefined, origin track id]`. */
export function tracksOfName(ids: TrackIds, trackName: string): Array<{ containerTrackId?: number; trackId: number }> {
  const alone = ids[trackName];
  if (alone !== undefined) return [{ trackId: alone }];
  return Object.entries(ids)
    .filter(([key]) => key.startsWith(`${trackName}:`))
    .map(([key, trackId]) => ({ containerTrackId: Number(key.slice(trackName.length + 1)), trackId }));
}

/** The upload names of all tracks. */
export const trackNamesOf = (ids: TrackIds): string[] => [
  ...new Set(Object.keys(ids).map((key) => key.replace(/:\d+$/, ''))),
];

/**
 * Gives each key an id: the container's own when it is free in the input, else the lowest free one (design decision 3).
 * A key keeps its id for the life of the input. Undefined when the input would have more than {@link MAX_TRACKS_PER_INPUT}.
 */
export function allocateTrackIds(
  ids: TrackIds,
  wanted: ReadonlyArray<{ key: string; containerTrackId: number }>,
): TrackIds | undefined {
  const all: Record<string, number> = { ...ids };
  const taken = new Set(Object.values(all));
  for (const { key, containerTrackId } of wanted) {
    if (all[key] !== undefined) continue;
    const trackId = taken.has(containerTrackId) ? lowestFree(taken) : containerTrackId;
    all[key] = trackId;
    taken.add(trackId);
  }
  return Object.keys(all).length > MAX_TRACKS_PER_INPUT ? undefined : all;
}

function lowestFree(taken: ReadonlySet<number>): number {
  let candidate = 1;
  while (taken.has(candidate)) candidate += 1;
  return candidate;
}
