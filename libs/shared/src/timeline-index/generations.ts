import { createHash } from 'node:crypto';
import { decodeHourBlob, encodeHourBlob, isGap, mergeEntries, type SegmentEntry } from '#timeline';

/** The blobs of one hour by the fencing token of their writer. */
export type Generations = ReadonlyMap<number, Uint8Array>;

/** One hour of an input's timeline as it is answered. */
export interface HourBlob {
  /** Changes when the rows change. */
  readonly tag: string;
  /** As `encodeHourBlob` of #timeline wrote it. */
  readonly bytes: Uint8Array;
}

const TAG_LENGTH = 16;

/** A short content hash of one generation. */
export const tagOf = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex').slice(0, TAG_LENGTH);

/** One tag for all generations together, from the tag of each. */
export function joinTags(tags: ReadonlyMap<number, string>): string {
  const parts = [...tags].toSorted(([a], [b]) => b - a).map(([, tag]) => tag);
  return parts.join('.');
}

/** The rows of all generations: the newest writer's row wins, but one with bytes wins over a gap. */
export function rowsOf(generations: Generations): SegmentEntry[] {
  const newestFirst = [...generations].toSorted(([a], [b]) => b - a);
  return unite(newestFirst.flatMap(([, bytes]) => decodeHourBlob(bytes)));
}

/** The union by track and media sequence, where the first of equals wins, but one with bytes wins over a gap. */
export function unite(rows: readonly SegmentEntry[]): SegmentEntry[] {
  return mergeEntries(
    rows.filter((row) => !isGap(row)),
    rows.filter(isGap),
  );
}

/** The answer for one hour; undefined when there is no generation. */
export function blobOf(generations: Generations): HourBlob | undefined {
  const [only, ...others] = generations.values();
  if (only === undefined) return undefined;
  const tag = joinTags(new Map([...generations].map(([fence, bytes]) => [fence, tagOf(bytes)])));
  return { tag, bytes: others.length === 0 ? only : encodeHourBlob(rowsOf(generations)) };
}
