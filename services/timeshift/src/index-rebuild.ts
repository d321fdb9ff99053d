import type { SegmentEntry } from '#timeline';
import type { ObjectStore, StoredObject } from '#shared/object-store';
import { unite, type TimelineIndex } from '#shared/timeline-index';
import { readTrailer } from './archive-reader.ts';
import { mapConcurrently } from './concurrency.ts';
import { mediaFolder, mediaRoot, parseArchiveKey, REBUILD_FENCE } from './domain/archive-key.ts';

const READS_AT_ONCE = 8;
const OBJECTS_AT_ONCE = 1500;

/** What a rebuild needs, and who hears how far it is. */
export interface IndexRebuildOptions {
  readonly store: ObjectStore;
  readonly index: TimelineIndex;
  readonly onProgress: (progress: { inputId: string; objects: number; rows: number }) => void;
  /** An object that cannot be read is left out. */
  readonly onUnreadable: (key: string, error: unknown) => void;
}

/** Writes the timeline index again from the trailers of the archive objects alone, of one input or of all. */
export async function rebuildIndex(options: IndexRebuildOptions, onlyInputId?: string): Promise<void> {
  if (onlyInputId !== undefined) return rebuildInput(options, onlyInputId);
  for await (const folder of options.store.folders(mediaRoot))
    await rebuildInput(options, folder.slice(mediaRoot.length, -1));
}

async function rebuildInput(options: IndexRebuildOptions, inputId: string): Promise<void> {
  let objects = 0;
  let rows = 0;
  for await (const page of pagesOf(options.store.list(mediaFolder(inputId)))) {
    const found = await rowsOfObjects(options, page);
    await options.index.append(inputId, REBUILD_FENCE, found);
    objects += page.length;
    rows += found.length;
    options.onProgress({ inputId, objects, rows });
  }
}

async function rowsOfObjects(options: IndexRebuildOptions, objects: readonly StoredObject[]): Promise<SegmentEntry[]> {
  // The newest writer's row wins, as it does in the index.
  const newestFirst = objects.toSorted((a, b) => fenceOf(b) - fenceOf(a));
  const rows = await mapConcurrently(newestFirst, READS_AT_ONCE, async (object) => {
    try {
      return (await readTrailer(options.store, object)).rows;
    } catch (error) {
      options.onUnreadable(object.key, error);
      return [];
    }
  });
  return unite(rows.flat());
}

const fenceOf = ({ key }: StoredObject): number => parseArchiveKey(key)?.fence ?? 0;

/** Pages of about a day: an hour is then written once, seldom twice. */
async function* pagesOf(objects: AsyncIterable<StoredObject>): AsyncIterable<StoredObject[]> {
  let page: StoredObject[] = [];
  for await (const object of objects) {
    page.push(object);
    if (page.length < OBJECTS_AT_ONCE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
