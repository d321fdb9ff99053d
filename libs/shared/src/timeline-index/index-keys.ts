const INDEX_ROOT = 'index/';
const EXTENSION = '.hwti';

/** Where one writer's blob of one hour lives in the bucket. Every fencing token writes its own, so that a paused writer cannot undo its successor's rows. */
export const indexKey = (inputId: string, hour: number, fence: number): string =>
  `${INDEX_ROOT}${inputId}/${hour}-${fence}${EXTENSION}`;

/** The folder of an input's blobs. */
export const indexFolder = (inputId: string): string => `${INDEX_ROOT}${inputId}/`;

/** The folder of every input's folder. */
export const indexRoot = INDEX_ROOT;

/** What an index key names; undefined when it is not one. */
export function parseIndexKey(key: string): { inputId: string; hour: number; fence: number } | undefined {
  const match = /^index\/([^/]+)\/(\d+)-(\d+)\.hwti$/.exec(key);
  if (match === null) return undefined;
  const [, inputId = '', hour, fence] = match;
  return { inputId, hour: Number(hour), fence: Number(fence) };
}

/** Redis keys of one hour; the braces put both on one node of a cluster. */
export const hotKeys = (inputId: string, hour: number): { blobs: string; tags: string } => ({
  blobs: `ti:{${inputId}}:${hour}`,
  tags: `ti:{${inputId}}:${hour}:tags`,
});
