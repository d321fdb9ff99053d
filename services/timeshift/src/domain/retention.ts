import { parseArchiveKey } from './archive-key.ts';
import { OBJECT_SPAN_MS } from './segment-batch.ts';

const MS_PER_HOUR = 3_600_000;
const MS_PER_DAY = 86_400_000;
/** No segment is longer: the packager cuts at the target duration. */
const LONGEST_SEGMENT_MS = 60_000;

/** A stored object as retention looks at it. */
export interface AgedObject {
  readonly key: string;
  readonly lastModifiedMs: number;
}

/** Segments that start before this are not listed any more. */
export const retainedFromMs = (nowMs: number, retentionDays: number): number => nowMs - retentionDays * MS_PER_DAY;

/** Whether every segment of an hour (since 1970) starts before the retained time. */
export const isHourExpired = (hour: number, retainedFrom: number): boolean => (hour + 1) * MS_PER_HOUR <= retainedFrom;

/** Whether the bytes may go: every segment in the object was over before the retained time, and the grace too. */
export function isObjectExpired(key: string, retainedFrom: number, graceMs: number): boolean {
  const firstStartMs = parseArchiveKey(key)?.firstStartMs;
  if (firstStartMs === undefined) return false;
  return firstStartMs + OBJECT_SPAN_MS + LONGEST_SEGMENT_MS + graceMs <= retainedFrom;
}

/** Objects that nothing refers to and that are too old to be on their way into the index. */
export const orphansOf = <T extends AgedObject>(
  objects: readonly T[],
  referenced: ReadonlySet<string>,
  writtenBeforeMs: number,
): T[] => objects.filter(({ key, lastModifiedMs }) => !referenced.has(key) && lastModifiedMs < writtenBeforeMs);
